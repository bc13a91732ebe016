//! See `ddlint_fuzz::yaml_parse`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ddlint_fuzz::yaml_parse(data));

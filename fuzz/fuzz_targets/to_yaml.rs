//! See `ddlint_fuzz::to_yaml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ddlint_fuzz::to_yaml(data));

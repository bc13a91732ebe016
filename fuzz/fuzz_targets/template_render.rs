//! See `ddlint_fuzz::template_render`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ddlint_fuzz::template_render(data));

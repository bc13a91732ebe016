//! Executing parsed templates.

pub mod meter;

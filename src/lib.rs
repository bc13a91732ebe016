//! The rooms of ddlint; `ARCHITECTURE.md` is the map. The library API is unstable.
//!
//! Data flows one way: discover → source → parse → render → model → relate → rules → findings → filter → report.

pub mod app;
pub mod checks;
pub mod cli;
mod commands;
pub mod config;
pub(crate) mod datadog;
pub mod discover;
pub(crate) mod drift;
pub mod filter;
pub mod finding;
pub mod fix;
pub mod model;
pub mod near;
pub mod pipeline;
pub mod progress;
pub mod provenance;
pub mod render;
pub mod report;
pub mod rule;
pub mod since;
pub mod source;
pub mod stream;
pub mod trace;
pub mod views;

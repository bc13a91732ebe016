//! A chart and values in, documents or a located error out: what `helm template` prints, with the origin of
//! every byte.
//!
//! Deliberately absent: rules, opening files (charts arrive as maps of files), clocks, randomness, the network,
//! the environment. The same input gives the same bytes.

pub mod chart;
pub(crate) mod coalesce;
pub(crate) mod deps;
pub mod encode;
pub mod error;
pub mod exec;
pub mod failure;
pub(crate) mod fmt;
pub(crate) mod funcs;
pub(crate) mod glob;
mod json;
pub mod manifest;
pub mod objects;
pub mod origin;
pub(crate) mod path;
pub mod render;
pub mod schema;
pub(crate) mod semver;
pub(crate) mod set;
pub(crate) mod stack;
pub(crate) mod strvals;
pub mod template;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
mod toml_in;
mod toml_out;
pub mod tree;
pub mod value;
pub mod values;
pub mod world;
pub(crate) mod yaml_in;
mod yaml_out;

pub use funcs::function_names;

/// Which Helm is imitated where the two differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum HelmDialect {
    /// Helm 3 (3.19).
    #[default]
    V3,
    /// Helm 4 (4.2).
    V4,
}

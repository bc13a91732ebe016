//! A chart and values in, documents or a located error out: what `helm template` prints, with the origin of
//! every byte.
//!
//! Deliberately absent: rules, opening files (charts arrive as maps of files), clocks, randomness, the network,
//! the environment. The same input gives the same bytes.

pub mod origin;
pub mod text;
pub mod value;

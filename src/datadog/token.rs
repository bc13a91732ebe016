//! The token between Agents and cluster agent, and the chart's telemetry ConfigMap: the two values that the chart
//! draws anew at every render.
//!
//! Deliberately absent: what an Application ignores of them (`ignored`).

use crate::source::Place;

/// Where the token comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum TokenSource {
    /// The template draws it, anew at every render.
    Generated,
    /// It stands in the values.
    Literal,
    /// An existing Secret holds it, or the operator keeps it.
    Kept,
    /// No cluster agent is deployed here.
    None,
    /// Not known.
    #[default]
    Unknown,
}

impl TokenSource {
    /// The word in rule files.
    pub(crate) fn as_str(self) -> Option<&'static str> {
        Some(match self {
            TokenSource::Generated => "generated",
            TokenSource::Literal => "literal",
            TokenSource::Kept => "kept",
            TokenSource::None => "none",
            TokenSource::Unknown => return None,
        })
    }
}

/// The token of an installation.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Token {
    /// Where it comes from.
    pub(crate) source: TokenSource,
    /// What a person would change.
    pub(crate) place: Option<Place>,
    /// Evidence: the checksum annotations that differ.
    pub(crate) evidence: Vec<Place>,
    /// Some of the values are not in the input: another file may set it.
    pub(crate) incomplete: bool,
    /// Every field that changes with it, where the chart was rendered.
    pub(crate) fields: Vec<Place>,
}

/// The telemetry ConfigMap of an installation.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct KpiTelemetry {
    /// It is drawn anew at every render.
    pub(crate) random: Option<bool>,
    /// What a person would change.
    pub(crate) place: Option<Place>,
    /// Every field that changes with it, where the chart was rendered.
    pub(crate) fields: Vec<Place>,
}

/// The checksum of the token's template where nothing is rendered: `tokenExistingSecret`.
pub(crate) const CHECKSUM_EXISTING: &str = "01ba4719c80b6fe9";
/// The same with `existingClusterAgent.join` or without a cluster agent.
pub(crate) const CHECKSUM_NONE: &str = "75a11da4";
/// The `install_id` with `skipKPITelemetry`.
pub(crate) const ZERO_UUID: &str = "00000000-0000-0000-0000-000000000000";

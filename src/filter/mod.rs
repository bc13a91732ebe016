//! What is reported in the end: severities that the user overrides, and what a person suppressed.
//!
//! A rule proposes a severity, this room decides it. Nothing is dropped without being counted.

pub mod baseline;
pub mod configured;
pub mod suppress;

use std::collections::BTreeMap;

use crate::finding::{Finding, Severity};

/// Severities that the user gave, by rule id.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Rule id → severity.
    pub severity: BTreeMap<String, Severity>,
}

impl Overrides {
    /// Applies the overrides.
    pub fn apply(&self, findings: &mut [Finding]) {
        for finding in findings {
            if let Some(severity) = self.severity.get(&*finding.rule) {
                finding.severity = *severity;
            }
        }
    }
}

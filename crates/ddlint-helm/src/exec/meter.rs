//! What a render may use up: steps, output bytes, depth. The same chart stops at the same step on every machine.
//!
//! Deliberately absent: clocks.

use crate::error::TemplateError;

/// The limits of one render.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Nodes executed and items made by functions.
    pub steps: u64,
    /// Bytes written by templates, included ones counted each time.
    pub output: u64,
    /// Templates and parentheses that may be open at a time.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 100_000_000, output: 512 << 20, depth: 6_000 }
    }
}

/// What is left of the limits.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    limits: Limits,
    steps: u64,
    output: u64,
}

impl Meter {
    /// Nothing used up yet.
    pub(crate) fn new(limits: Limits) -> Meter {
        Meter { limits, steps: 0, output: 0 }
    }
    /// Uses up steps.
    pub(crate) fn charge(&mut self, steps: u64) -> Result<(), Box<TemplateError>> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps {
            return Err(TemplateError::limit(format!("more than {} steps", self.limits.steps)));
        }
        Ok(())
    }
    /// Uses up output.
    pub(crate) fn write(&mut self, bytes: usize) -> Result<(), Box<TemplateError>> {
        self.output = self.output.saturating_add(bytes as u64);
        if self.output > self.limits.output {
            return Err(TemplateError::limit(format!("more than {} bytes of output", self.limits.output)));
        }
        Ok(())
    }
    /// A function made a text: one text may not be longer than all output, and making text takes steps.
    pub(crate) fn made(&mut self, bytes: usize) -> Result<(), Box<TemplateError>> {
        if bytes as u64 > self.limits.output {
            return Err(TemplateError::limit(format!("a text of more than {} bytes", self.limits.output)));
        }
        if bytes < 4096 { Ok(()) } else { self.charge(bytes as u64 / 256) }
    }
    /// The limits.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }
}

//! Why a template could not be parsed or executed: Go's words, and where.
//!
//! Deliberately absent: how a person is told (line excerpts, hints); whoever has the files draws them.

use crate::origin::{OriginId, Place};

/// What kind of failure it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The template language's syntax.
    Parse,
    /// A function that does not exist was called. Go finds this while parsing; here it is found when executed.
    UnknownFunction,
    /// The template language's execution (nil pointer, wrong type, wrong number of arguments …).
    Execute,
    /// A function failed.
    Function,
    /// `fail` was called.
    Fail,
    /// `required` found nothing.
    Required,
    /// A limit was reached.
    Limit,
}

/// A template that was being executed when the error occurred.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The template's name.
    pub template: String,
    /// The node that was being executed.
    pub place: Place,
    /// Line of the place, from 1.
    pub line: u32,
    /// Column of the place as Go counts it: bytes, from 0.
    pub column: u32,
}

/// A template that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// Go's complete wording, `template: chart/templates/x.yaml:3:12: executing "…" at <…>: …`; for nested
    /// templates the inner error follows as `error calling include: template: …`.
    pub message: String,
    /// The innermost error without any place: `nil pointer evaluating interface {}.b`.
    pub reason: String,
    /// The templates that were being executed, outermost first; the last one has the failing node.
    pub frames: Vec<Frame>,
    /// The origin of the value to blame, to be resolved with the render's origin table.
    pub blame: OriginId,
}

impl TemplateError {
    /// A limit was reached; the executor adds the place.
    pub(crate) fn limit(reason: String) -> Box<TemplateError> {
        Box::new(TemplateError {
            kind: ErrorKind::Limit,
            message: String::new(),
            reason,
            frames: Vec::new(),
            blame: OriginId::NONE,
        })
    }
    /// The innermost place.
    pub fn place(&self) -> Option<&Place> {
        self.frames.last().map(|f| &f.place)
    }
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for TemplateError {}

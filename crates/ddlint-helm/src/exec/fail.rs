//! Errors of an execution: Go's words around the reason, the frames, the value to blame.

use super::{At, Engine, Frame, Recorder};
use crate::error::{ErrorKind, Frame as ErrorFrame, TemplateError};
use crate::funcs::FuncError;
use crate::origin::OriginId;
use crate::template::ast::{Node, Show};

impl<R: Recorder> Engine<R> {
    /// The template language's own error at the current node.
    pub(super) fn fail<T>(
        &mut self,
        frame: &Frame<'_>,
        reason: impl Into<String>,
        blame: OriginId,
    ) -> Result<T, Box<TemplateError>> {
        let reason = reason.into();
        let mut error = Box::new(TemplateError {
            kind: ErrorKind::Execute,
            message: reason.clone(),
            reason,
            frames: Vec::new(),
            blame,
        });
        self.locate(frame, &mut error);
        Err(error)
    }

    /// An error from a call of `name` at the current node.
    pub(super) fn call_failed(
        &mut self,
        frame: &Frame<'_>,
        name: &str,
        error: FuncError,
        arguments: OriginId,
    ) -> Box<TemplateError> {
        let mut error = match error {
            FuncError::Message { message, blame } => Box::new(TemplateError {
                kind: match name {
                    "fail" => ErrorKind::Fail,
                    "required" => ErrorKind::Required,
                    _ => ErrorKind::Function,
                },
                message: message.clone(),
                reason: message,
                frames: Vec::new(),
                blame: if blame.is_none() { arguments } else { blame },
            }),
            FuncError::Template(error) => error,
        };
        match error.kind {
            // Go finds these before anything is executed, so nothing is wrapped around them.
            ErrorKind::UnknownFunction => self.add_frame(frame, &mut error),
            ErrorKind::Limit if error.frames.is_empty() => {
                error.message = error.reason.clone();
                self.locate(frame, &mut error);
            }
            _ => {
                error.message = format!("error calling {name}: {}", error.message);
                self.locate(frame, &mut error);
            }
        }
        error
    }

    /// A limit was reached at the current node.
    pub(super) fn limit_reached(
        &mut self,
        frame: &Frame<'_>,
        mut error: Box<TemplateError>,
    ) -> Box<TemplateError> {
        if error.frames.is_empty() {
            error.message = error.reason.clone();
            self.locate(frame, &mut error);
        }
        error
    }

    /// A function that does not exist was to be called; worded as Go's parser would.
    pub(super) fn unknown_function<T>(
        &mut self,
        frame: &Frame<'_>,
        name: &str,
        pos: u32,
    ) -> Result<T, Box<TemplateError>> {
        let unit = &frame.template.unit;
        let (line, _) = line_column(&unit.source, pos);
        let reason = format!("function {} not defined", crate::fmt::quote(name.as_bytes()));
        let mut error = Box::new(TemplateError {
            kind: ErrorKind::UnknownFunction,
            message: format!("template: {}:{line}: {reason}", unit.name),
            reason,
            frames: Vec::new(),
            blame: OriginId::NONE,
        });
        self.add_frame(frame, &mut error);
        Err(error)
    }

    /// Puts Go's location before the message, and the frame before the frames.
    fn locate(&mut self, frame: &Frame<'_>, error: &mut TemplateError) {
        let unit = &frame.template.unit;
        let template = crate::fmt::quote(frame.template.name.as_bytes());
        let (pos, _, context) = position(frame);
        let (line, column) = line_column(&unit.source, pos);
        error.message = match context {
            Some(context) => {
                format!(
                    "template: {}:{line}:{column}: executing {template} at <{context}>: {}",
                    unit.name, error.message
                )
            }
            None => format!("template: {}: {}", frame.template.name, error.message),
        };
        self.add_frame(frame, error);
    }

    /// Adds the template that was being executed around the error.
    pub(super) fn add_frame(&mut self, frame: &Frame<'_>, error: &mut TemplateError) {
        let unit = &frame.template.unit;
        let (pos, end, _) = position(frame);
        let (line, column) = line_column(&unit.source, pos);
        let frame = ErrorFrame {
            template: frame.template.name.to_string(),
            place: unit.place(pos, end, &self.origins),
            line,
            column,
        };
        error.frames.insert(0, frame);
    }
}

/// Where the node stands, as Go reports it, where it ends, and how it is shown.
fn position(frame: &Frame<'_>) -> (u32, u32, Option<String>) {
    let source = frame.source();
    match frame.at {
        At::Start => (0, 0, None),
        At::Pipe(pipe) => (pipe.pos, pipe.end, Some(pipe.shown(source).to_string())),
        At::Cmd(cmd) => (cmd.pos, cmd.end, Some(cmd.shown(source).to_string())),
        At::Expr(expr) => (expr.pos, expr.span.end.max(expr.pos), Some(expr.shown(source).to_string())),
        At::Node(Node::Action(action)) => {
            (action.pos, action.pipe.end, Some(action.shown(source).to_string()))
        }
        At::Node(Node::Template(node)) => (node.pos, node.pos, Some(node.shown(source).to_string())),
        At::Node(Node::If(branch) | Node::With(branch) | Node::Range(branch)) => {
            (branch.pos, branch.pipe.end, Some(branch.pipe.shown(source).to_string()))
        }
        At::Node(Node::Text { span, .. }) => (span.start, span.end, Some(String::new())),
        At::Node(Node::Break | Node::Continue) => (0, 0, None),
    }
}

/// Line from 1 and column from 0, in bytes, as Go counts.
pub(crate) fn line_column(source: &[u8], pos: u32) -> (u32, u32) {
    let before = source.get(..pos as usize).unwrap_or(source);
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    (line as u32, column as u32)
}

//! The nodes: text, actions, branches, loops, templates.

use super::{At, Engine, Ev, Fails, Frame, Recorder};
use crate::error::ErrorKind;
use crate::origin::OriginId;
use crate::template::ast::{Action, Begins, Branch, Node, Span, TemplateNode};
use crate::text::TextBuf;
use crate::value::{Data, Value};
use std::rc::Rc;

/// From how many runs on a text is marked as a whole by what decided about it.
const MANY_RUNS: usize = 64;

/// How execution goes on after a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl<R: Recorder> Engine<R> {
    pub(super) fn walk<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        nodes: &'t [Node],
        out: &mut TextBuf,
    ) -> Fails<Flow> {
        for node in nodes {
            if let Err(error) = self.meter.charge(1) {
                frame.at = At::Node(node);
                return Err(self.limit_reached(frame, error));
            }
            match node {
                Node::Text { span, literal } => self.text(frame, *span, *literal, node, out)?,
                Node::Action(action) => self.action(frame, dot, action, node, out)?,
                Node::If(branch) => {
                    let flow = self.if_or_with(frame, dot, branch, node, out)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::With(branch) => {
                    let flow = self.if_or_with(frame, dot, branch, node, out)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::Range(branch) => {
                    let flow = self.range(frame, dot, branch, node, out)?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::Template(template) => self.template(frame, dot, template, node, out)?,
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    fn written<'t>(&mut self, frame: &mut Frame<'t>, node: &'t Node, bytes: usize) -> Fails<()> {
        self.meter.write(bytes).map_err(|error| {
            frame.at = At::Node(node);
            self.limit_reached(frame, error)
        })
    }

    fn text<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        span: Span,
        literal: u32,
        node: &'t Node,
        out: &mut TextBuf,
    ) -> Fails<()> {
        let unit = &frame.template.unit;
        let (start, end) = (span.start as usize, span.end as usize);
        let bytes = unit.source.get(start..end).unwrap_or_default();
        if !R::ON {
            out.push(bytes, OriginId::NONE);
        } else if let Some(text) = &unit.text {
            if self.control.is_none() {
                out.push_slice(text, start, end);
            } else {
                out.push_text(&text.slice(start, end).tested(self.control, &mut self.origins));
            }
        } else {
            let lines = unit.lines(literal, span.start, span.end, self.control, &mut self.origins);
            out.push_lines(bytes, span.start, &lines);
        }
        self.written(frame, node, bytes.len())
    }

    fn action<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        action: &'t Action,
        node: &'t Node,
        out: &mut TextBuf,
    ) -> Fails<()> {
        let value = self.pipeline(frame, dot, &action.pipe)?;
        if !action.pipe.decls.is_empty() {
            return Ok(());
        }
        let before = out.len();
        self.print(&value, out);
        self.written(frame, node, out.len() - before)
    }

    /// Prints as an action does.
    fn print(&mut self, value: &Value, out: &mut TextBuf) {
        let control = self.control;
        match &value.data {
            Data::Nil => {
                let origin = self.origins.tested(value.origin, control);
                out.push(b"<no value>", origin);
                self.note_decision(value.origin);
            }
            Data::Str(text) if !R::ON => out.push(text.bytes(), OriginId::NONE),
            Data::Str(text) => {
                if text.is_empty() {
                    let origin = text.origin(&mut self.origins);
                    self.note_decision(origin);
                    out.mark(self.origins.tested(origin, control));
                } else if control.is_none() {
                    out.push_text(text);
                } else {
                    for (bytes, origin) in text.runs() {
                        let origin = self.origins.tested(origin, control);
                        if bytes.is_empty() {
                            out.mark(origin);
                        } else {
                            out.push(bytes, origin);
                        }
                    }
                }
            }
            _ => {
                let text = crate::fmt::to_text(value);
                if R::ON {
                    out.push_text(&text.tested(control, &mut self.origins));
                } else {
                    out.push(text.bytes(), OriginId::NONE);
                }
            }
        }
    }

    /// Remembers that something decided about text here.
    fn note_decision(&mut self, by: OriginId) {
        if R::ON {
            self.decided = self.origins.union(self.decided, by);
        }
    }

    /// Marks that nothing was written here because of `by`.
    fn mark_absent(&mut self, by: OriginId, begins: Begins, out: &mut TextBuf) {
        if !R::ON || begins == Begins::Nothing {
            return;
        }
        let by = self.origins.union(by, self.control);
        out.mark(self.origins.absent(by, begins == Begins::Line));
    }

    /// Enters what depends on a condition; gives what to restore afterwards.
    fn enter(&mut self, condition: OriginId) -> (OriginId, OriginId) {
        let outer = (self.control, self.full_control);
        if R::ON && !condition.is_none() {
            self.control = self.origins.union(self.control, condition);
            self.full_control = self.origins.union(self.full_control, condition);
            self.decided = self.origins.union(self.decided, condition);
        }
        outer
    }

    fn leave(
        &mut self,
        frame: &mut Frame<'_>,
        branch: &Branch,
        condition: OriginId,
        outer: (OriginId, OriginId),
    ) {
        if !R::ON {
            return;
        }
        (self.control, self.full_control) = outer;
        if condition.is_none() {
            return;
        }
        for slot in &branch.assigned {
            if let Some(Some(variable)) = frame.slots.get_mut(*slot as usize) {
                let value = std::mem::replace(&mut variable.value, Value::NIL);
                variable.value = match &value.data {
                    // A text that a loop puts together: marking each of its runs anew in each turn would take
                    // quadratic space.
                    Data::Str(text) if text.segments().len() > MANY_RUNS => {
                        let mut marked = TextBuf::with_capacity(text.len());
                        marked.push_text(text);
                        marked.mark(self.origins.absent(condition, false));
                        Value::string(marked.finish())
                    }
                    _ => value.tested(condition, &mut self.origins),
                };
            }
        }
    }

    fn if_or_with<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        branch: &'t Branch,
        node: &'t Node,
        out: &mut TextBuf,
    ) -> Fails<Flow> {
        frame.at = At::Node(node);
        let value = self.pipeline(frame, dot, &branch.pipe)?;
        let condition = if R::ON { value.origin(&mut self.origins) } else { OriginId::NONE };
        let outer = self.enter(condition);
        let before = out.len();
        let flow = if value.truth() {
            if matches!(node, Node::With(_)) {
                let inner = Ev::concrete(value);
                crate::stack::with_room(|| self.walk(frame, &inner, &branch.list, out))
            } else {
                crate::stack::with_room(|| self.walk(frame, dot, &branch.list, out))
            }
        } else if let Some(otherwise) = &branch.otherwise {
            crate::stack::with_room(|| self.walk(frame, dot, otherwise, out))
        } else {
            Ok(Flow::Next)
        };
        self.leave(frame, branch, condition, outer);
        if out.len() == before {
            self.mark_absent(condition, branch.begins, out);
        }
        flow
    }

    fn range<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        branch: &'t Branch,
        node: &'t Node,
        out: &mut TextBuf,
    ) -> Fails<Flow> {
        frame.at = At::Node(node);
        let value = self.pipeline(frame, dot, &branch.pipe)?;
        let condition = if R::ON { value.origin(&mut self.origins) } else { OriginId::NONE };
        let outer = self.enter(condition);
        let before = out.len();
        let flow = crate::stack::with_room(|| self.iterate(frame, dot, branch, value, out));
        self.leave(frame, branch, condition, outer);
        if out.len() == before {
            self.mark_absent(condition, branch.begins, out);
        }
        flow
    }

    fn iterate<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        branch: &'t Branch,
        value: Value,
        out: &mut TextBuf,
    ) -> Fails<Flow> {
        let container = match &value.data {
            Data::Object(object) => object.as_container().unwrap_or_else(|| value.clone()),
            _ => value.clone(),
        };
        let inherited = if R::ON { self.origins.test_of(container.origin) } else { OriginId::NONE };
        let mut any = false;
        match &container.data {
            Data::Nil => {}
            Data::Int(n) | Data::Int64(n) => {
                if branch.pipe.decls.len() > 1 {
                    let reason = format!("can't use {n} to iterate over more than one variable");
                    return self.fail(frame, reason, value.origin);
                }
                for i in 0..*n {
                    any = true;
                    let data =
                        if matches!(container.data, Data::Int(_)) { Data::Int(i) } else { Data::Int64(i) };
                    let item = Ev::concrete(Value { data, origin: container.origin });
                    let index = Ev::concrete(Value::NIL);
                    match self.iteration(frame, branch, index, item, out)? {
                        Flow::Break => break,
                        Flow::Next | Flow::Continue => {}
                    }
                }
            }
            Data::List(list) => {
                let length = list.items.borrow().len();
                let iface = matches!(list.kind, crate::value::ListKind::Any);
                for i in 0..length {
                    let Some(item) = list.items.borrow().get(i).cloned() else { break };
                    any = true;
                    let item = Ev { value: item.tested(inherited, &mut self.origins), iface };
                    let index = Ev::concrete(Value { data: Data::Int(i as i64), origin: container.origin });
                    match self.iteration(frame, branch, index, item, out)? {
                        Flow::Break => break,
                        Flow::Next | Flow::Continue => {}
                    }
                }
            }
            Data::Map(map) => {
                let iface = map.kind != crate::value::MapKind::Strings;
                let entries: Vec<_> =
                    map.entries.borrow().iter().map(|(key, entry)| (Rc::clone(key), entry.clone())).collect();
                for (key, entry) in entries {
                    any = true;
                    let origin = if entry.key_origin.is_none() { container.origin } else { entry.key_origin };
                    let key = Value::str(&*key, origin).tested(inherited, &mut self.origins);
                    let item = Ev { value: entry.value.tested(inherited, &mut self.origins), iface };
                    match self.iteration(frame, branch, Ev::concrete(key), item, out)? {
                        Flow::Break => break,
                        Flow::Next | Flow::Continue => {}
                    }
                }
            }
            _ => {
                let shown = crate::fmt::to_text(&value).to_str_lossy().into_owned();
                let blame = value.origin(&mut self.origins);
                return self.fail(frame, format!("range can't iterate over {shown}"), blame);
            }
        }
        if !any && let Some(otherwise) = &branch.otherwise {
            return self.walk(frame, dot, otherwise, out);
        }
        Ok(Flow::Next)
    }

    fn iteration<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        branch: &'t Branch,
        index: Ev,
        item: Ev,
        out: &mut TextBuf,
    ) -> Fails<Flow> {
        if let Err(error) = self.meter.charge(1) {
            return Err(self.limit_reached(frame, error));
        }
        match &*branch.pipe.decls {
            [] => {}
            [only] => set(frame, only.slot, item.clone()),
            [first, second, ..] => {
                set(frame, first.slot, index);
                set(frame, second.slot, item.clone());
            }
        }
        self.walk(frame, &item, &branch.list, out)
    }

    fn template<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        call: &'t TemplateNode,
        node: &'t Node,
        out: &mut TextBuf,
    ) -> Fails<()> {
        frame.at = At::Node(node);
        let Some(template) = self.set.get(&call.name).cloned() else {
            let name = crate::fmt::quote(call.name.as_bytes());
            return self.fail(frame, format!("template {name} not defined"), OriginId::NONE);
        };
        if self.depth >= self.meter.limits().depth {
            let failed: Fails<()> =
                self.fail(frame, "exceeded maximum template depth (100000)", OriginId::NONE);
            return failed.map_err(|mut error| {
                error.kind = ErrorKind::Limit;
                error
            });
        }
        let inner = match &call.pipe {
            Some(pipe) => self.pipeline(frame, dot, pipe)?,
            None => Value::NIL,
        };
        self.run(&template, Ev::concrete(inner), out).map_err(|mut error| {
            self.add_frame(frame, &mut error);
            error
        })
    }
}

/// Sets a variable.
pub(super) fn set(frame: &mut Frame<'_>, slot: Option<u32>, value: Ev) {
    if let Some(variable) = slot.and_then(|slot| frame.slots.get_mut(slot as usize)) {
        *variable = Some(value);
    }
}

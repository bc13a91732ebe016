//! `.a.b.c`: fields of objects, members of maps, methods, nil.

use super::{Engine, Ev, Fails, Frame, Recorder};
use crate::funcs::FuncError;
use crate::origin::OriginId;
use crate::template::ast::{Expr, Span, name as text};
use crate::value::{Data, MapKind, Object, Value};
use std::rc::Rc;

impl<R: Recorder> Engine<R> {
    /// Follows a chain of names; arguments belong to the last one.
    pub(super) fn fields<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        receiver: Ev,
        names: Span,
        args: &'t [Expr],
        last: Option<Value>,
    ) -> Fails<Ev> {
        let mut receiver = receiver;
        if names.is_empty() {
            return Ok(receiver);
        }
        let plain = args.is_empty() && last.is_none();
        let mut rest = names;
        while !rest.is_empty() {
            let (name, behind) = rest.first_name(frame.source());
            if !plain && behind.is_empty() {
                return self.method(frame, dot, receiver, text(name), args, last);
            }
            receiver = self.field(frame, receiver, name)?;
            rest = behind;
        }
        Ok(receiver)
    }

    fn field(&mut self, frame: &mut Frame<'_>, receiver: Ev, name: &[u8]) -> Fails<Ev> {
        let origin = receiver.value.origin;
        let found = match &receiver.value.data {
            Data::Nil if receiver.iface => {
                let reason = format!("nil pointer evaluating interface {{}}.{}", text(name));
                return self.fail(frame, reason, origin);
            }
            Data::Nil => Ev::concrete(Value { data: Data::Nil, origin }),
            Data::Map(map) => {
                let iface = map.kind != MapKind::Strings;
                let value = map.get(name).unwrap_or_else(|| {
                    let origin = if R::ON { self.origins.member(origin, text(name)) } else { origin };
                    missing(map.kind, origin)
                });
                Ev { value, iface }
            }
            Data::Object(object) => match object.field(text(name)) {
                Some(value) => Ev::concrete(value),
                None => match object.as_container().map(|container| container.data.clone()) {
                    Some(Data::Map(map)) => {
                        let value = map.get(name).unwrap_or_else(|| missing(map.kind, origin));
                        Ev { value, iface: map.kind != MapKind::Strings }
                    }
                    _ => match self.call_method(object, text(name), &[]) {
                        Some(result) => return self.method_result(frame, text(name), result, origin),
                        None => return self.no_field(frame, &receiver, text(name)),
                    },
                },
            },
            _ => return self.no_field(frame, &receiver, text(name)),
        };
        if !R::ON || origin.is_none() {
            return Ok(found);
        }
        let inherited = self.origins.test_of(origin);
        Ok(Ev { value: found.value.tested(inherited, &mut self.origins), iface: found.iface })
    }

    fn method<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        receiver: Ev,
        name: &'t str,
        args: &'t [Expr],
        last: Option<Value>,
    ) -> Fails<Ev> {
        let origin = receiver.value.origin;
        match &receiver.value.data {
            Data::Nil if receiver.iface => {
                let reason = format!("nil pointer evaluating interface {{}}.{name}");
                self.fail(frame, reason, origin)
            }
            Data::Nil => Ok(Ev::concrete(Value { data: Data::Nil, origin })),
            Data::Map(_) => self.fail(frame, format!("{name} is not a method but has arguments"), origin),
            Data::Object(object) => {
                let object = Rc::clone(object);
                let base = self.stack.len();
                let evaluated = match object.params(name) {
                    Some((params, variadic)) => {
                        self.arguments(frame, dot, name, params, variadic, args, last)
                    }
                    None => self.arguments(frame, dot, name, &[crate::value::Ty::Any], true, args, last),
                };
                if let Err(error) = evaluated {
                    self.stack.truncate(base);
                    return Err(error);
                }
                let args: Vec<Value> = self.stack.drain(base..).collect();
                match self.call_method(&object, name, &args) {
                    Some(result) => {
                        let mut blame = origin;
                        for arg in &args {
                            let arg = arg.origin(&mut self.origins);
                            blame = self.origins.union(blame, arg);
                        }
                        self.method_result(frame, name, result, blame)
                    }
                    None if object.field(name).is_some() => {
                        let reason = format!("{name} has arguments but cannot be invoked as function");
                        self.fail(frame, reason, origin)
                    }
                    None if matches!(object.kind(), "map") => {
                        self.fail(frame, format!("{name} is not a method but has arguments"), origin)
                    }
                    None => self.no_field(frame, &receiver, name),
                }
            }
            _ => self.no_field(frame, &receiver, name),
        }
    }

    fn call_method(
        &mut self,
        object: &Rc<dyn Object>,
        name: &str,
        args: &[Value],
    ) -> Option<Result<Value, String>> {
        object.call(name, args)
    }

    fn method_result(
        &mut self,
        frame: &mut Frame<'_>,
        name: &str,
        result: Result<Value, String>,
        blame: OriginId,
    ) -> Fails<Ev> {
        match result {
            Ok(value) => Ok(Ev::concrete(value)),
            Err(message) => Err(self.call_failed(frame, name, FuncError::new(message), blame)),
        }
    }

    fn no_field(&mut self, frame: &mut Frame<'_>, receiver: &Ev, name: &str) -> Fails<Ev> {
        let type_name = if receiver.iface { "interface {}" } else { receiver.value.type_name() };
        let blame = receiver.value.origin(&mut self.origins);
        self.fail(frame, format!("can't evaluate field {name} in type {type_name}"), blame)
    }
}

/// What a map gives for a key that is not there (Helm asks for the zero value).
fn missing(kind: MapKind, origin: OriginId) -> Value {
    match kind {
        MapKind::Strings => Value::str("", origin),
        _ => Value { data: Data::Nil, origin },
    }
}

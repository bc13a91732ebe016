//! Pipelines, commands, operands, calls and the checking of their arguments.

use super::walk::set;
use super::{At, Engine, Ev, Fails, Frame, Recorder};
use crate::HelmDialect;
use crate::funcs::{Call, FuncDef, FuncError, Imp, Site, Ty};
use crate::origin::{OriginId, Place};
use crate::template::ast::{Cmd, Expr, ExprKind, Ideal, Number, Pipe, Show, Span};
use crate::text::Text;
use crate::value::{Data, ListKind, MapKind, Value};
use std::sync::Arc;

impl<R: Recorder> Engine<R> {
    /// The value of a pipeline; its variables are set.
    pub(super) fn pipeline<'t>(&mut self, frame: &mut Frame<'t>, dot: &Ev, pipe: &'t Pipe) -> Fails<Value> {
        frame.at = At::Pipe(pipe);
        let mut value = None;
        for cmd in &*pipe.cmds {
            value = Some(self.command(frame, dot, cmd, value)?.value);
        }
        let value = value.unwrap_or(Value::NIL);
        for decl in &*pipe.decls {
            if decl.slot.is_none() || pipe.assign && self.is_unset(frame, decl.slot) {
                let name = decl.name.name(frame.source());
                return self.fail(frame, format!("undefined variable: {name}"), OriginId::NONE);
            }
            set(frame, decl.slot, Ev::concrete(value.clone()));
        }
        Ok(value)
    }

    fn is_unset(&self, frame: &Frame<'_>, slot: Option<u32>) -> bool {
        slot.and_then(|slot| frame.slots.get(slot as usize)).is_none_or(Option::is_none)
    }

    fn command<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        cmd: &'t Cmd,
        last: Option<Value>,
    ) -> Fails<Ev> {
        let Some((first, args)) = cmd.args.split_first() else { return Ok(Ev::concrete(Value::NIL)) };
        match &first.kind {
            ExprKind::Function { name, def } => {
                frame.at = At::Expr(first);
                self.function(frame, dot, first, *name, *def, At::Cmd(cmd), args, last)
            }
            ExprKind::Field(names) => {
                frame.at = At::Expr(first);
                self.fields(frame, dot, dot.clone(), *names, args, last)
            }
            ExprKind::Variable { fields, .. } => {
                frame.at = At::Expr(first);
                let receiver = self.variable(frame, first)?;
                if fields.is_empty() {
                    self.not_a_function(frame, first, args, &last)?;
                    return Ok(receiver);
                }
                self.fields(frame, dot, receiver, *fields, args, last)
            }
            ExprKind::Chain { base, fields } => self.chain(frame, dot, first, base, *fields, args, last),
            ExprKind::Pipe(pipe) => {
                self.not_a_function(frame, first, args, &last)?;
                self.nested(frame, dot, pipe)
            }
            ExprKind::Nil => {
                frame.at = At::Expr(first);
                self.not_a_function(frame, first, args, &last)?;
                self.fail(frame, "nil is not a command", OriginId::NONE)
            }
            ExprKind::Dot => {
                frame.at = At::Expr(first);
                self.not_a_function(frame, first, args, &last)?;
                Ok(dot.clone())
            }
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Str { .. } => {
                frame.at = At::Expr(first);
                self.not_a_function(frame, first, args, &last)?;
                self.literal(frame, first).map(Ev::concrete)
            }
        }
    }

    fn nested<'t>(&mut self, frame: &mut Frame<'t>, dot: &Ev, pipe: &'t Pipe) -> Fails<Ev> {
        crate::stack::with_room(|| self.pipeline(frame, dot, pipe)).map(Ev::concrete)
    }

    fn not_a_function<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        first: &'t Expr,
        args: &[Expr],
        last: &Option<Value>,
    ) -> Fails<()> {
        if args.is_empty() && last.is_none() {
            return Ok(());
        }
        let first = first.shown(frame.source());
        self.fail(frame, format!("can't give argument to non-function {first}"), OriginId::NONE)
    }

    fn variable(&mut self, frame: &mut Frame<'_>, expr: &Expr) -> Fails<Ev> {
        let ExprKind::Variable { slot, name, .. } = &expr.kind else { return Ok(Ev::concrete(Value::NIL)) };
        match frame.slots.get(*slot as usize) {
            Some(Some(value)) => Ok(value.clone()),
            _ => {
                let name = name.name(frame.source());
                self.fail(frame, format!("undefined variable: {name}"), OriginId::NONE)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one operand and of the call it may be")]
    fn chain<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        expr: &'t Expr,
        base: &'t Expr,
        fields: Span,
        args: &'t [Expr],
        last: Option<Value>,
    ) -> Fails<Ev> {
        frame.at = At::Expr(expr);
        if matches!(base.kind, ExprKind::Nil) {
            let expr = expr.shown(frame.source());
            return self.fail(frame, format!("indirection through explicit nil in {expr}"), OriginId::NONE);
        }
        frame.at = At::Expr(base);
        let receiver = match &base.kind {
            ExprKind::Pipe(pipe) => self.nested(frame, dot, pipe)?,
            ExprKind::Function { name, def } => {
                self.function(frame, dot, base, *name, *def, At::Expr(base), &[], None)?
            }
            _ => self.operand(frame, dot, base)?,
        };
        self.fields(frame, dot, receiver, fields, args, last)
    }

    /// The value of an operand where any type will do.
    fn operand<'t>(&mut self, frame: &mut Frame<'t>, dot: &Ev, expr: &'t Expr) -> Fails<Ev> {
        frame.at = At::Expr(expr);
        match &expr.kind {
            ExprKind::Dot => Ok(dot.clone()),
            ExprKind::Nil => Ok(Ev::concrete(Value::NIL)),
            ExprKind::Field(names) => self.fields(frame, dot, dot.clone(), *names, &[], None),
            ExprKind::Variable { fields, .. } => {
                let receiver = self.variable(frame, expr)?;
                self.fields(frame, dot, receiver, *fields, &[], None)
            }
            ExprKind::Pipe(pipe) => self.nested(frame, dot, pipe),
            ExprKind::Function { name, def } => {
                self.function(frame, dot, expr, *name, *def, At::Expr(expr), &[], None)
            }
            ExprKind::Chain { base, fields } => self.chain(frame, dot, expr, base, *fields, &[], None),
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Str { .. } => {
                self.literal(frame, expr).map(Ev::concrete)
            }
        }
    }

    /// A constant in a place that asks for no type.
    fn literal(&mut self, frame: &mut Frame<'_>, expr: &Expr) -> Fails<Value> {
        let data = match &expr.kind {
            ExprKind::Str { literal, text } => {
                return Ok(self.string(frame, expr, *literal, text.as_deref()));
            }
            ExprKind::Bool(b) => Data::Bool(*b),
            ExprKind::Number(number) => match number.ideal {
                Ideal::Int(i) => Data::Int(i),
                Ideal::Float(f) => Data::Float(f),
                Ideal::Overflow => {
                    return self.fail(frame, format!("{} overflows int", number.text), OriginId::NONE);
                }
            },
            _ => Data::Nil,
        };
        Ok(Value { data, origin: self.literal_origin(frame, expr) })
    }

    fn literal_origin(&mut self, frame: &Frame<'_>, expr: &Expr) -> OriginId {
        if !R::ON {
            return OriginId::NONE;
        }
        frame.template.unit.literal_origin(expr.span.start, expr.span.end, &mut self.origins)
    }

    fn string(&mut self, frame: &Frame<'_>, expr: &Expr, literal: u32, text: Option<&[u8]>) -> Value {
        let unit = &frame.template.unit;
        let origins = &mut self.origins;
        unit.literal(literal, || {
            let origin = if R::ON {
                unit.literal_origin(expr.span.start, expr.span.end, origins)
            } else {
                OriginId::NONE
            };
            let inside = Span { start: expr.span.start + 1, end: expr.span.end.saturating_sub(1) };
            Value::string(Text::new(text.unwrap_or_else(|| inside.bytes(&unit.source)), origin))
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    fn function<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        first: &'t Expr,
        name: Span,
        def: Option<&'static FuncDef>,
        call: At<'t>,
        args: &'t [Expr],
        last: Option<Value>,
    ) -> Fails<Ev> {
        let name = name.name(frame.source());
        let Some(def) = def.filter(|def| !def.v4_only || self.dialect == HelmDialect::V4) else {
            return self.unknown_function(frame, name, first.pos);
        };
        if let Err(error) = self.meter.charge(1) {
            return Err(self.limit_reached(frame, error));
        }
        if let Imp::And | Imp::Or = def.imp {
            return self.and_or(frame, dot, def, args, last);
        }
        let base = self.stack.len();
        if let Err(error) = self.arguments(frame, dot, name, def.params, def.variadic, args, last) {
            self.stack.truncate(base);
            return Err(error);
        }
        let end = match call {
            At::Cmd(cmd) => cmd.end,
            _ => first.span.end,
        };
        let result = match def.imp {
            Imp::Native(function) => {
                let unit = &frame.template.unit;
                let place = match &unit.text {
                    Some(_) if R::ON => unit.place(first.pos, end, &self.origins),
                    _ => Place { file: Arc::clone(&unit.name), start: first.pos, end },
                };
                let mut call = Call {
                    name: def.name,
                    origins: &mut self.origins,
                    meter: &mut self.meter,
                    control: self.full_control,
                    site: &Site { place },
                    world: &self.world,
                };
                let result = function(&mut call, self.stack.get(base..).unwrap_or_default());
                match &result {
                    // Text that doubles at each step of a loop is stopped before memory is.
                    Ok(Value { data: Data::Str(text), .. }) => match self.meter.made(text.len()) {
                        Ok(()) => result,
                        Err(error) => Err(FuncError::from(error)),
                    },
                    _ => result,
                }
            }
            Imp::Include | Imp::Tpl => {
                let mut given = self.stack.drain(base..);
                match (given.next(), given.next()) {
                    (Some(Value { data: Data::Str(text), .. }), Some(dot)) => {
                        drop(given);
                        if matches!(def.imp, Imp::Include) {
                            let result = self.include(&text, dot);
                            self.chosen_by_name(&text, result)
                        } else {
                            self.tpl(&text, dot)
                        }
                    }
                    _ => Err(FuncError::new("wrong number of args")),
                }
            }
            Imp::Call => Err(self.not_callable(frame, base, args)),
            Imp::And | Imp::Or => Ok(Value::NIL),
        };
        match result {
            Ok(value) => {
                self.stack.truncate(base);
                Ok(Ev { iface: value.is_nil(), value })
            }
            Err(error) => {
                let mut blame = OriginId::NONE;
                if R::ON {
                    for arg in self.stack.get(base..).unwrap_or_default() {
                        let origin = arg.deep_origin(&mut self.origins, 4);
                        blame = self.origins.union(blame, origin);
                    }
                    if def.name == "fail" {
                        blame = self.full_control;
                    }
                }
                self.stack.truncate(base);
                frame.at = call;
                Err(self.call_failed(frame, name, error, blame))
            }
        }
    }

    /// What is included under a computed name depends on what the name was computed from.
    fn chosen_by_name(&mut self, name: &Text, result: Result<Value, FuncError>) -> Result<Value, FuncError> {
        let value = result?;
        if !R::ON || name.segments().len() < 2 {
            return Ok(value);
        }
        let by = name.origin(&mut self.origins);
        Ok(value.tested(by, &mut self.origins))
    }

    fn not_callable(&self, frame: &Frame<'_>, base: usize, args: &[Expr]) -> FuncError {
        match self.stack.get(base) {
            Some(value) if !value.is_nil() => {
                let name = args.first().map_or_else(
                    || crate::fmt::to_text(value).to_str_lossy().into_owned(),
                    |first| first.shown(frame.source()).to_string(),
                );
                FuncError::new(format!("non-function {name} of type {}", value.type_name()))
            }
            _ => FuncError::new("call of nil"),
        }
    }

    /// `and` and `or` give one of their operands, and evaluate no more of them than needed.
    fn and_or<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        def: &'static FuncDef,
        args: &'t [Expr],
        last: Option<Value>,
    ) -> Fails<Ev> {
        let until = matches!(def.imp, Imp::Or);
        if args.is_empty() && last.is_none() {
            let name = def.name;
            return self.fail(
                frame,
                format!("wrong number of args for {name}: want at least 1 got 0"),
                OriginId::NONE,
            );
        }
        let mut tested = OriginId::NONE;
        let mut value = Value::NIL;
        for (i, arg) in args.iter().enumerate() {
            value = self.argument(frame, dot, Ty::Reflect, arg)?;
            if value.truth() == until {
                return Ok(Ev::concrete(value.tested(tested, &mut self.origins)));
            }
            if R::ON && (i + 1 < args.len() || last.is_some()) {
                let origin = value.origin(&mut self.origins);
                tested = self.origins.union(tested, origin);
            }
        }
        let value = last.unwrap_or(value);
        Ok(Ev::concrete(value.tested(tested, &mut self.origins)))
    }

    /// Evaluates and checks the arguments of a call, onto the stack.
    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    pub(super) fn arguments<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Ev,
        name: &str,
        params: &'static [Ty],
        variadic: bool,
        args: &'t [Expr],
        last: Option<Value>,
    ) -> Fails<()> {
        let given = args.len() + usize::from(last.is_some());
        let wanted = params.len();
        if variadic && given + 1 < wanted {
            let (want, got) = (wanted - 1, args.len());
            let reason = format!("wrong number of args for {name}: want at least {want} got {got}");
            return self.fail(frame, reason, OriginId::NONE);
        }
        if !variadic && given != wanted {
            let reason = format!("wrong number of args for {name}: want {wanted} got {given}");
            return self.fail(frame, reason, OriginId::NONE);
        }
        let ty = |i: usize| params.get(i).or(params.last()).copied().unwrap_or(Ty::Any);
        for (i, arg) in args.iter().enumerate() {
            let value = self.argument(frame, dot, ty(i), arg)?;
            self.stack.push(value);
        }
        if let Some(last) = last {
            let value = self.validate(frame, Ev::concrete(last), ty(args.len()))?;
            self.stack.push(value);
        }
        Ok(())
    }

    fn argument<'t>(&mut self, frame: &mut Frame<'t>, dot: &Ev, ty: Ty, expr: &'t Expr) -> Fails<Value> {
        match &expr.kind {
            ExprKind::Nil => {
                frame.at = At::Expr(expr);
                if ty.can_be_nil() {
                    return Ok(Value { data: Data::Nil, origin: self.literal_origin(frame, expr) });
                }
                self.fail(frame, format!("cannot assign nil to {}", ty.go_name()), OriginId::NONE)
            }
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Str { .. } => {
                frame.at = At::Expr(expr);
                self.constant(frame, ty, expr)
            }
            _ => {
                let value = self.operand(frame, dot, expr)?;
                self.validate(frame, value, ty)
            }
        }
    }

    /// A constant as an argument of a type.
    fn constant(&mut self, frame: &mut Frame<'_>, ty: Ty, expr: &Expr) -> Fails<Value> {
        let number = |number: &Number| match ty {
            Ty::Int => number.int.map(Data::Int),
            Ty::Int64 => number.int.map(Data::Int64),
            _ => number.float.map(Data::Float),
        };
        let (expected, data) = match (ty, &expr.kind) {
            (Ty::Any | Ty::Reflect, _) => return self.literal(frame, expr),
            (Ty::Str, ExprKind::Str { literal, text }) => {
                return Ok(self.string(frame, expr, *literal, text.as_deref()));
            }
            (Ty::Str, _) => ("string", None),
            (Ty::Bool, ExprKind::Bool(b)) => ("bool", Some(Data::Bool(*b))),
            (Ty::Bool, _) => ("bool", None),
            (Ty::Int | Ty::Int64, ExprKind::Number(n)) => ("integer", number(n)),
            (Ty::Int | Ty::Int64, _) => ("integer", None),
            (Ty::Float, ExprKind::Number(n)) => ("float", number(n)),
            (Ty::Float, _) => ("float", None),
            (Ty::Map | Ty::List | Ty::Strings | Ty::Error | Ty::Named(_), _) => {
                let expr = expr.shown(frame.source());
                let reason = format!("can't handle {expr} for arg of type {}", ty.go_name());
                return self.fail(frame, reason, OriginId::NONE);
            }
        };
        match data {
            Some(data) => Ok(Value { data, origin: self.literal_origin(frame, expr) }),
            None => {
                let expr = expr.shown(frame.source());
                self.fail(frame, format!("expected {expected}; found {expr}"), OriginId::NONE)
            }
        }
    }

    /// Checks that a value can be passed as a parameter of the type.
    fn validate(&mut self, frame: &mut Frame<'_>, given: Ev, ty: Ty) -> Fails<Value> {
        let fits = match (ty, &given.value.data) {
            (Ty::Any | Ty::Reflect, _) => true,
            (_, Data::Nil) if !given.iface => {
                if ty.can_be_nil() {
                    return Ok(given.value);
                }
                let origin = given.value.origin;
                return self.fail(frame, format!("invalid value; expected {}", ty.go_name()), origin);
            }
            (_, Data::Nil) => false,
            (Ty::Str, Data::Str(_))
            | (Ty::Bool, Data::Bool(_))
            | (Ty::Int, Data::Int(_))
            | (Ty::Int64, Data::Int64(_))
            | (Ty::Float, Data::Float(_)) => true,
            (Ty::Map, Data::Map(map)) => map.kind != MapKind::Strings,
            (Ty::List, Data::List(list)) => list.kind == ListKind::Any,
            (Ty::Strings, Data::List(list)) => list.kind == ListKind::Strings,
            (Ty::Named(name), Data::Object(object)) => object.type_name() == name,
            _ => false,
        };
        if fits {
            return Ok(given.value);
        }
        let blame = given.value.origin(&mut self.origins);
        let got = if given.value.is_nil() { "interface {}" } else { given.value.type_name() };
        self.fail(frame, format!("wrong type for value; expected {}; got {got}", ty.go_name()), blame)
    }
}

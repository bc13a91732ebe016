//! The walk of a compiled query over a document.
//!
//! Selectors see children through aliases and merge keys. Steps are counted, because aliases can make a small text
//! a huge tree. Deliberately absent: recursion on the depth of the document.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use regex::Regex;

use super::Match;
use super::iregexp;
use super::plan::{Filter, Operand, Path, Pattern, Plan, Segment, Selector};
use super::value::{self, Value};
use crate::keys;
use crate::node::{Node, NodeKind};
use crate::scalar::Scalar;

/// Nodes visited for one query.
const STEPS: usize = 1 << 20;

/// Patterns from the document that are kept compiled.
const PATTERNS: usize = 64;

pub(super) fn select<'a>(plan: &Plan, root: Node<'a>) -> Vec<Match<'a>> {
    let walk = Walk {
        root,
        steps: Cell::new(if root.document().is_plain_tree() { usize::MAX } else { STEPS }),
        patterns: RefCell::default(),
    };
    walk.run(plan, root)
}

struct Walk<'a> {
    root: Node<'a>,
    steps: Cell<usize>,
    patterns: RefCell<HashMap<(String, bool), Option<Regex>>>,
}

impl<'a> Walk<'a> {
    fn run(&self, plan: &Plan, from: Node<'a>) -> Vec<Match<'a>> {
        let mut current = vec![Match { key: None, value: from }];
        let mut next = Vec::new();
        for segment in &plan.segments {
            for found in &current {
                self.segment(segment, found.value, &mut next);
            }
            std::mem::swap(&mut current, &mut next);
            next.clear();
        }
        current
    }

    /// Takes a step; false when there are none left.
    fn step(&self) -> bool {
        match self.steps.get().checked_sub(1) {
            Some(rest) => {
                self.steps.set(rest);
                true
            }
            None => false,
        }
    }

    fn segment(&self, segment: &Segment, node: Node<'a>, out: &mut Vec<Match<'a>>) {
        if !segment.descendants {
            return self.selectors(&segment.selectors, node.resolved(), out);
        }
        if node.document().is_plain_tree() {
            return node
                .collections()
                .for_each(|collection| self.selectors(&segment.selectors, collection, out));
        }
        let mut stack = vec![node.resolved()];
        while let Some(node) = stack.pop() {
            if !self.step() {
                return;
            }
            self.selectors(&segment.selectors, node, out);
            let from = stack.len();
            self.children(node, |_, child| {
                let child = child.resolved();
                if matches!(child.kind(), NodeKind::Mapping | NodeKind::Sequence) {
                    stack.push(child);
                }
            });
            if let Some(new) = stack.get_mut(from..) {
                new.reverse();
            }
        }
    }

    /// Applies selectors to the children of a resolved node.
    fn selectors(&self, selectors: &[Selector], node: Node<'a>, out: &mut Vec<Match<'a>>) {
        for selector in selectors {
            match selector {
                Selector::Name(name) => {
                    out.extend(node.entry(name).map(|(key, value)| Match { key: Some(key), value }));
                }
                Selector::Index(index) => {
                    out.extend(item(node, *index).map(|value| Match { key: None, value }));
                }
                Selector::Wildcard => self.children(node, |key, value| out.push(Match { key, value })),
                Selector::Slice { start, end, step } => slice(node, *start, *end, *step, out),
                Selector::Filter(filter) => self.children(node, |key, value| {
                    if self.holds(filter, value) {
                        out.push(Match { key, value });
                    }
                }),
            }
        }
    }

    fn children(&self, node: Node<'a>, mut each: impl FnMut(Option<Node<'a>>, Node<'a>)) {
        match node.kind() {
            NodeKind::Sequence => {
                for item in node.items() {
                    if !self.step() {
                        return;
                    }
                    each(None, item);
                }
            }
            NodeKind::Mapping if node.document().is_plain_tree() => {
                node.entries().for_each(|(key, value)| each(Some(key), value));
            }
            NodeKind::Mapping => {
                for (_, key, value) in keys::effective(node) {
                    if !self.step() {
                        return;
                    }
                    each(Some(key), value);
                }
            }
            NodeKind::Scalar | NodeKind::Alias => {}
        }
    }

    fn holds(&self, filter: &Filter, current: Node<'a>) -> bool {
        match filter {
            Filter::Any(filters) => filters.iter().any(|filter| self.holds(filter, current)),
            Filter::All(filters) => filters.iter().all(|filter| self.holds(filter, current)),
            Filter::Not(filter) => !self.holds(filter, current),
            Filter::Exists(path) => match self.single(path, current) {
                Some(found) => found.is_some(),
                None => !self.run(&path.plan, self.origin(path, current)).is_empty(),
            },
            Filter::Compare(operator, left, right) => {
                value::compare(*operator, self.value(left, current), self.value(right, current))
            }
            Filter::Matches { text, pattern } => {
                let Some(text) = self.value(text, current).as_str() else { return false };
                match pattern {
                    Pattern::Fixed(regex) => regex.is_match(text),
                    Pattern::Never => false,
                    Pattern::Computed { operand, whole } => self
                        .value(operand, current)
                        .as_str()
                        .is_some_and(|pattern| self.matches(pattern, *whole, text)),
                }
            }
        }
    }

    fn matches(&self, pattern: &str, whole: bool, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        if patterns.len() >= PATTERNS {
            patterns.clear();
        }
        patterns
            .entry((pattern.to_owned(), whole))
            .or_insert_with(|| iregexp::compile(pattern, whole).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    }

    fn origin(&self, path: &Path, current: Node<'a>) -> Node<'a> {
        if path.from_root { self.root } else { current }
    }

    /// The outer option: whether the query is singular; the inner one: whether it finds anything.
    fn single(&self, path: &Path, current: Node<'a>) -> Option<Option<Node<'a>>> {
        let mut node = Some(self.origin(path, current));
        for segment in &path.plan.segments {
            let ([selector], false) = (segment.selectors.as_slice(), segment.descendants) else {
                return None;
            };
            node = match selector {
                Selector::Name(name) => node.and_then(|node| node.get(name)),
                Selector::Index(index) => node.and_then(|node| item(node, *index)),
                _ => return None,
            };
        }
        Some(node)
    }

    fn value<'v>(&self, operand: &'v Operand, current: Node<'a>) -> Value<'v>
    where
        'a: 'v,
    {
        match operand {
            Operand::Literal(literal) => Value::of_literal(literal),
            Operand::Node(path) => match self.single(path, current) {
                Some(Some(node)) => Value::of_node(node),
                _ => Value::Nothing,
            },
            Operand::Length(operand) => match self.value(operand, current) {
                Value::Scalar(Scalar::Str(text)) => count(text.chars().count()),
                Value::Collection(node) if node.kind() == NodeKind::Mapping => {
                    count(keys::effective(node).len())
                }
                Value::Collection(node) => count(node.len()),
                _ => Value::Nothing,
            },
            Operand::Count(path) => count(self.run(&path.plan, self.origin(path, current)).len()),
            Operand::Value(path) => match self.run(&path.plan, self.origin(path, current)).as_slice() {
                [found] => Value::of_node(found.value),
                _ => Value::Nothing,
            },
        }
    }
}

fn count<'v>(number: usize) -> Value<'v> {
    Value::Scalar(Scalar::Int(i64::try_from(number).unwrap_or(i64::MAX)))
}

/// The item at an index, from the end where it is negative.
fn item(node: Node<'_>, index: i64) -> Option<Node<'_>> {
    let from_start = match usize::try_from(index) {
        Ok(index) => index,
        Err(_) => node.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    if !node.is_sequence() {
        return None;
    }
    node.items().nth(from_start)
}

/// `start:end:step`, as RFC 9535 section 2.3.4.2.2 computes it.
fn slice<'a>(node: Node<'a>, start: Option<i64>, end: Option<i64>, step: i64, out: &mut Vec<Match<'a>>) {
    if step == 0 || node.kind() != NodeKind::Sequence {
        return;
    }
    let items: Vec<Node<'a>> = node.items().collect();
    let length = items.len() as i64;
    let normalize = |index: i64| if index < 0 { length.saturating_add(index) } else { index };
    let (default_start, default_end) =
        if step > 0 { (0, length) } else { (length.saturating_sub(1), (-length).saturating_sub(1)) };
    let start = normalize(start.unwrap_or(default_start));
    let end = normalize(end.unwrap_or(default_end));
    let mut push = |index: i64| {
        let item = usize::try_from(index).ok().and_then(|index| items.get(index));
        out.extend(item.map(|&value| Match { key: None, value }));
    };
    if step > 0 {
        let (lower, upper) = (start.clamp(0, length), end.clamp(0, length));
        let mut index = lower;
        while index < upper {
            push(index);
            index = index.saturating_add(step);
        }
    } else {
        let (upper, lower) = (start.clamp(-1, length - 1), end.clamp(-1, length - 1));
        let mut index = upper;
        while lower < index {
            push(index);
            index = index.saturating_add(step);
        }
    }
}

//! Conditions: facts and JSONPaths with operators, combined, and relations to other views.

use ddlint_yaml::{Node, Scalar, Span};

use super::Compiler;
use super::names::Names;
use super::template::template;
use crate::rule::condition::{Cond, Op, Operand, Source, Than, YamlType};
use crate::rule::read::{Fields, Spanned};
use crate::rule::schema::{OPERATORS, RELATION};
use crate::views::{Fact, FactType, FactValue};

impl Compiler<'_> {
    /// Compiles a `where`: a mapping, or a list of mappings that all hold. `names` are those of the member that is
    /// tested, `outer` those that `{…}` in operands may use.
    pub(super) fn conditions(&mut self, node: Node<'_>, names: &Names, outer: &Names) -> Cond {
        if node.is_sequence() {
            return Cond::All(node.items().map(|item| self.conditions(item, names, outer)).collect());
        }
        if !node.is_mapping() {
            self.problems.add(node.span(), "conditions are a mapping from facts to operands", None);
            return Cond::All(Vec::new());
        }
        let mut all = Vec::new();
        for (key, value) in node.entries() {
            match key.text().unwrap_or_default() {
                "all" => all.push(Cond::All(self.list(value, names, outer))),
                "any" => all.push(Cond::Any(self.list(value, names, outer))),
                "not" => all.push(Cond::Not(Box::new(self.conditions(value, names, outer)))),
                word @ ("exists" | "absent" | "in-scope") => {
                    for relation in self.relations(value, names, word == "in-scope") {
                        let cond = Cond::Related(relation);
                        all.push(if word == "absent" { Cond::Not(Box::new(cond)) } else { cond });
                    }
                }
                name => {
                    let Some((source, kind)) = names.resolve(self.set, name, key.span(), self.problems)
                    else {
                        continue;
                    };
                    let path = matches!(source, Source::Path(_) | Source::Value);
                    for op in self.operators(value, kind, path, outer) {
                        all.push(Cond::Test(source.clone(), op));
                    }
                }
            }
        }
        if all.is_empty() {
            self.problems.add(node.span(), "no condition stands here", None);
        }
        Cond::All(all)
    }

    fn list(&mut self, node: Node<'_>, names: &Names, outer: &Names) -> Vec<Cond> {
        if !node.is_sequence() {
            self.problems.add(node.span(), "`all` and `any` take a list of mappings", None);
        }
        node.items().map(|item| self.conditions(item, names, outer)).collect()
    }

    /// Compiles what stands behind a fact: a value to be equal to, or a mapping of operators.
    pub(super) fn operators(&mut self, node: Node<'_>, kind: FactType, path: bool, outer: &Names) -> Vec<Op> {
        if !node.is_mapping() {
            if node.is_sequence() {
                let help = Some("`one-of: […]` for one of several values, `contains:` for lists".to_string());
                self.problems.add(node.span(), "a list is no operand", help);
                return Vec::new();
            }
            return self.operand(node, kind, outer).map(Op::Equals).into_iter().collect();
        }
        let fields = Fields::read(node, &OPERATORS, self.problems);
        let mut ops = Vec::new();
        for field in OPERATORS.fields {
            if let Some(value) = fields.get(field.name) {
                let key = fields.key(field.name).map_or(value.span(), Node::span);
                ops.extend(self.operator(field.name, key, value, kind, path, outer));
            }
        }
        ops
    }

    fn operator(
        &mut self,
        name: &str,
        key: Span,
        value: Node<'_>,
        kind: FactType,
        path: bool,
        outer: &Names,
    ) -> Option<Op> {
        if !self.fits(name, key, kind, path) {
            return None;
        }
        let item = FactType::Any;
        Some(match name {
            "equals" => Op::Equals(self.operand(value, kind, outer)?),
            "one-of" => Op::OneOf(self.operands(value, kind, outer)?),
            "not" => Op::Not(self.operators(value, kind, path, outer)),
            "matches" => match regex::Regex::new(value.text().unwrap_or_default()) {
                Ok(regex) => Op::Matches(regex),
                Err(error) => {
                    let error = error.to_string();
                    let last = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    self.problems.add(value.span(), format!("this is no regular expression: {last}"), None);
                    return None;
                }
            },
            "exists" => Op::Exists(value.as_bool()?),
            "absent" => Op::Exists(!value.as_bool()?),
            "lt" => Op::Compare(Than::Lt, self.operand(value, FactType::Int, outer)?),
            "le" => Op::Compare(Than::Le, self.operand(value, FactType::Int, outer)?),
            "gt" => Op::Compare(Than::Gt, self.operand(value, FactType::Int, outer)?),
            "ge" => Op::Compare(Than::Ge, self.operand(value, FactType::Int, outer)?),
            "contains" => Op::Contains(self.operand(value, item, outer)?),
            "starts-with" => Op::StartsWith(self.operand(value, FactType::Str, outer)?),
            "ends-with" => Op::EndsWith(self.operand(value, FactType::Str, outer)?),
            "any-item" => Op::AnyItem(self.operators(value, item, path, outer)),
            "every-item" => Op::EveryItem(self.operators(value, item, path, outer)),
            "count" => Op::Count(self.operators(value, FactType::Int, false, outer)),
            "length" => Op::Length(self.operators(value, FactType::Int, false, outer)),
            _ => Op::Type(match value.text()? {
                "string" => YamlType::String,
                "number" => YamlType::Number,
                "boolean" => YamlType::Boolean,
                "null" => YamlType::Null,
                "mapping" => YamlType::Mapping,
                _ => YamlType::List,
            }),
        })
    }

    fn fits(&mut self, operator: &str, span: Span, kind: FactType, path: bool) -> bool {
        let fits = match operator {
            "exists" | "absent" | "not" => true,
            "type" => path,
            _ => match kind {
                FactType::Any => true,
                FactType::Bool => matches!(operator, "equals"),
                FactType::Int => matches!(operator, "equals" | "one-of" | "lt" | "le" | "gt" | "ge"),
                FactType::Str => matches!(
                    operator,
                    "equals" | "one-of" | "matches" | "contains" | "starts-with" | "ends-with" | "length"
                ),
                FactType::List => matches!(operator, "contains" | "any-item" | "every-item" | "count"),
                FactType::Members(_) => matches!(operator, "count"),
                FactType::Node | FactType::Member(_) => false,
            },
        };
        if !fits {
            let message = match operator {
                "type" => "`type` asks for the YAML type behind a JSONPath; a fact has its own".to_string(),
                _ => format!("`{operator}` does not go with a {}", kind.word()),
            };
            let help = match kind {
                FactType::List => {
                    Some("for lists: `contains`, `any-item`, `every-item`, `count`".to_string())
                }
                FactType::Node | FactType::Member(_) => {
                    Some("only `exists` and `absent` go with it".to_string())
                }
                _ => None,
            };
            self.problems.add(span, message, help);
        }
        fits
    }

    fn operands(&mut self, node: Node<'_>, kind: FactType, outer: &Names) -> Option<Operand> {
        if !node.is_sequence() {
            let operand = self.operand(node, FactType::Any, outer)?;
            if !matches!(operand, Operand::Capture(_)) {
                self.problems.add(node.span(), "`one-of` takes a list of values", None);
            }
            return Some(operand);
        }
        let mut values = Vec::new();
        for item in node.items() {
            match self.operand(item, kind, outer)? {
                Operand::Literal(value) => values.push(Fact { value, place: None }),
                _ => self.problems.add(item.span(), "a list of values holds no `{…}`", None),
            }
        }
        if values.is_empty() {
            self.problems.add(node.span(), "nothing is one of no values: this can never hold", None);
        }
        Some(Operand::Literal(FactValue::List(values)))
    }

    /// Compiles a value, or text with `{…}`.
    pub(super) fn operand(&mut self, node: Node<'_>, kind: FactType, outer: &Names) -> Option<Operand> {
        let literal = match node.scalar() {
            Some(Scalar::Bool(value)) => FactValue::Bool(value),
            Some(Scalar::Int(value)) => FactValue::Int(value),
            Some(Scalar::Float(_)) => FactValue::Str(node.text().unwrap_or_default().into()),
            Some(Scalar::Null) | None => {
                let help = Some("whether something is there: `exists: true`, `absent: true`".to_string());
                self.problems.add(node.span(), "this is no value", help);
                return None;
            }
            Some(Scalar::Str(text)) if text.contains(['{', '}']) => {
                let template = template(node, outer, self.set, self.problems);
                self.captures = true;
                if let Some(Source::Related(..) | Source::RelatedMember(_)) = template.single_hole() {
                    self.problems.add(
                        node.span(),
                        "a condition uses facts of the rule's own member only",
                        None,
                    );
                    return None;
                }
                return Some(match template.single_hole() {
                    Some(source) => Operand::Capture(source.clone()),
                    None => Operand::Text(template),
                });
            }
            Some(Scalar::Str(text)) => FactValue::Str(text.into()),
        };
        let fits = match kind {
            FactType::Bool => matches!(literal, FactValue::Bool(_)),
            FactType::Int => matches!(literal, FactValue::Int(_)),
            FactType::Str => matches!(literal, FactValue::Str(_)),
            FactType::List | FactType::Node | FactType::Member(_) | FactType::Members(_) => false,
            FactType::Any => true,
        };
        if !fits {
            let given = match literal {
                FactValue::Bool(_) => "a boolean",
                FactValue::Int(_) => "an integer",
                _ => "a string",
            };
            let help = match (kind, &literal) {
                (FactType::Str, FactValue::Bool(_) | FactValue::Int(_)) => {
                    Some(format!("write it in quotes: \"{}\"", node.text().unwrap_or_default()))
                }
                (FactType::List, _) => {
                    Some("for lists: `contains`, `any-item`, `every-item`, `count`".into())
                }
                (FactType::Node | FactType::Member(_) | FactType::Members(_), _) => {
                    Some("only `exists` and `absent` go with it".into())
                }
                _ => None,
            };
            self.problems.add(node.span(), format!("the fact is a {}, here is {given}", kind.word()), help);
            return None;
        }
        Some(Operand::Literal(literal))
    }

    /// The index of a view by the name in a node.
    pub(super) fn view(&mut self, name: &Spanned<'_>) -> Option<usize> {
        let found = self.set.index(name.text);
        if found.is_none() {
            self.problems.unknown(name.span(), "view", name.text, self.set.iter().map(|view| view.name()));
        }
        found
    }

    /// Compiles relations: the name of a view, a mapping, or a list of them. Gives their indices.
    pub(super) fn relations(&mut self, node: Node<'_>, names: &Names, scope_only: bool) -> Vec<usize> {
        if node.is_sequence() {
            return node.items().filter_map(|item| self.relation(item, names, scope_only)).collect();
        }
        self.relation(node, names, scope_only).into_iter().collect()
    }

    /// The name that a relation is known by, before it is compiled.
    pub(super) fn relation_fields<'n>(
        &mut self,
        node: Node<'n>,
    ) -> (Option<Spanned<'n>>, Option<Fields<'n>>) {
        if let Some(text) = node.text() {
            return (Some(Spanned { text, node }), None);
        }
        let fields = Fields::read(node, &RELATION, self.problems);
        (fields.text("view"), Some(fields))
    }
}

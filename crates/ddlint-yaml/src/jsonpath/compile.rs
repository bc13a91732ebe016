//! From the text of a query to its plan: `jsonpath-rust` parses, this checks the types of functions, compiles the
//! patterns and puts errors in words. The only module that names `jsonpath-rust` and `pest`.
//!
//! Deliberately absent: the functions that `jsonpath-rust` adds to those of the RFC.

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model;
use jsonpath_rust::parser::parse_json_path;

use super::plan::{Filter, Operand, Operator, Path, Pattern, Plan, Segment, Selector};
use super::value::Literal;
use super::{QueryError, iregexp};

/// Functions inside of arguments of functions. The parser tries each argument several ways, level for level, so that
/// a dozen levels take minutes.
const FUNCTION_DEPTH: usize = 4;

/// The functions of the RFC.
const FUNCTIONS: [&str; 5] = ["length", "count", "value", "match", "search"];

/// Longer queries are refused before anything looks at them.
const LENGTH_LIMIT: usize = 16 * 1024;

pub(super) fn compile(text: &str) -> Result<Plan, QueryError> {
    if text.len() > LENGTH_LIMIT {
        return Err(QueryError {
            message: "the query is longer than 16 KiB".to_owned(),
            offset: LENGTH_LIMIT,
            help: None,
        });
    }
    if let Some(offset) = deep_function(text) {
        return Err(QueryError {
            message: format!("functions are nested deeper than {FUNCTION_DEPTH} levels"),
            offset,
            help: None,
        });
    }
    let query = parse_json_path(text).map_err(|error| explain(text, &error))?;
    plan(&query.segments).map_err(|refused| refused.into_error(text))
}

/// The parenthesis of the first function call that is nested too deep. Quoted names and strings are skipped.
fn deep_function(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    let (mut before, mut escaped) = (' ', false);
    for (place, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(end), _) if character == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(') => {
                open.push(before.is_alphanumeric() || before == '_');
                if open.iter().filter(|&&function| function).count() > FUNCTION_DEPTH {
                    return Some(place);
                }
            }
            (None, ')') => {
                open.pop();
            }
            _ => {}
        }
        before = character;
    }
    None
}

/// A query that the grammar takes and the type rules do not.
struct Refused {
    message: String,
    /// A word of the query to point at.
    near: Option<String>,
    help: Option<String>,
}

impl Refused {
    fn new(message: impl Into<String>, near: impl Into<String>) -> Refused {
        Refused { message: message.into(), near: Some(near.into()), help: None }
    }

    fn into_error(self, text: &str) -> QueryError {
        let offset = self.near.and_then(|near| text.find(near.as_str())).unwrap_or(0);
        QueryError { message: self.message, offset, help: self.help }
    }
}

fn plan(segments: &[model::Segment]) -> Result<Plan, Refused> {
    Ok(Plan { segments: segments.iter().map(segment).collect::<Result<_, _>>()? })
}

fn segment(segment: &model::Segment) -> Result<Segment, Refused> {
    let (descendants, inner) = match segment {
        model::Segment::Descendant(inner) => (true, inner.as_ref()),
        other => (false, other),
    };
    let selectors = match inner {
        model::Segment::Selector(one) => vec![selector(one)?],
        model::Segment::Selectors(several) => several.iter().map(selector).collect::<Result<_, _>>()?,
        model::Segment::Descendant(_) => return Err(Refused::new("`..` cannot follow `..`", "....")),
    };
    Ok(Segment { descendants, selectors })
}

fn selector(selector: &model::Selector) -> Result<Selector, Refused> {
    Ok(match selector {
        model::Selector::Name(name) => Selector::Name(name.clone()),
        model::Selector::Wildcard => Selector::Wildcard,
        model::Selector::Index(index) => Selector::Index(*index),
        model::Selector::Slice(start, end, step) => {
            Selector::Slice { start: *start, end: *end, step: step.unwrap_or(1) }
        }
        model::Selector::Filter(inner) => Selector::Filter(filter(inner)?),
    })
}

fn filter(filter: &model::Filter) -> Result<Filter, Refused> {
    let several = |filters: &[model::Filter]| filters.iter().map(self::filter).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        model::Filter::Or(filters) => Filter::Any(several(filters)?),
        model::Filter::And(filters) => Filter::All(several(filters)?),
        model::Filter::Atom(atom) => match atom {
            model::FilterAtom::Filter { expr, not } => negated(self::filter(expr)?, *not),
            model::FilterAtom::Test { expr, not } => negated(test(expr)?, *not),
            model::FilterAtom::Comparison(comparison) => compare(comparison)?,
        },
    })
}

fn negated(filter: Filter, not: bool) -> Filter {
    if not { Filter::Not(Box::new(filter)) } else { filter }
}

fn test(test: &model::Test) -> Result<Filter, Refused> {
    match test {
        model::Test::RelQuery(segments) => Ok(Filter::Exists(path(segments, false)?)),
        model::Test::AbsQuery(query) => Ok(Filter::Exists(path(&query.segments, true)?)),
        model::Test::Function(function) => match function.as_ref() {
            model::TestFunction::Match(text, pattern) => matches(text, pattern, true),
            model::TestFunction::Search(text, pattern) => matches(text, pattern, false),
            model::TestFunction::Custom(name, _) => Err(unknown(name)),
            model::TestFunction::Length(_) => Err(must_be_compared("length")),
            model::TestFunction::Value(_) => Err(must_be_compared("value")),
            model::TestFunction::Count(_) => Err(must_be_compared("count")),
        },
    }
}

fn matches(text: &model::FnArg, pattern: &model::FnArg, whole: bool) -> Result<Filter, Refused> {
    let name = if whole { "match" } else { "search" };
    let text = argument(text, name)?;
    let pattern = match argument(pattern, name)? {
        Operand::Literal(Literal::Str(pattern)) => {
            let regex = iregexp::compile(&pattern, whole)
                .map_err(|message| Refused::new(format!("in the pattern of `{name}`: {message}"), name))?;
            Pattern::Fixed(regex)
        }
        Operand::Literal(_) => Pattern::Never,
        operand => Pattern::Computed { operand, whole },
    };
    Ok(Filter::Matches { text, pattern })
}

fn compare(comparison: &model::Comparison) -> Result<Filter, Refused> {
    let operator = match comparison {
        model::Comparison::Eq(..) => Operator::Equal,
        model::Comparison::Ne(..) => Operator::NotEqual,
        model::Comparison::Lt(..) => Operator::Less,
        model::Comparison::Lte(..) => Operator::LessOrEqual,
        model::Comparison::Gt(..) => Operator::Greater,
        model::Comparison::Gte(..) => Operator::GreaterOrEqual,
    };
    let (left, right) = comparison.vals();
    Ok(Filter::Compare(operator, comparable(left)?, comparable(right)?))
}

fn comparable(comparable: &model::Comparable) -> Result<Operand, Refused> {
    match comparable {
        model::Comparable::Literal(value) => Ok(Operand::Literal(literal(value))),
        model::Comparable::SingularQuery(query) => Ok(singular(query)),
        model::Comparable::Function(call) => function(call),
    }
}

fn singular(query: &model::SingularQuery) -> Operand {
    let (from_root, segments) = match query {
        model::SingularQuery::Current(segments) => (false, segments),
        model::SingularQuery::Root(segments) => (true, segments),
    };
    let segments = segments
        .iter()
        .map(|segment| Segment {
            descendants: false,
            selectors: vec![match segment {
                model::SingularQuerySegment::Index(index) => Selector::Index(*index),
                model::SingularQuerySegment::Name(name) => Selector::Name(name.clone()),
            }],
        })
        .collect();
    Operand::Node(Path { from_root, plan: Plan { segments } })
}

/// A function whose result is a value.
fn function(function: &model::TestFunction) -> Result<Operand, Refused> {
    match function {
        model::TestFunction::Length(inner) => Ok(Operand::Length(Box::new(argument(inner, "length")?))),
        model::TestFunction::Count(inner) => Ok(Operand::Count(nodes(inner, "count")?)),
        model::TestFunction::Value(inner) => Ok(Operand::Value(nodes(inner, "value")?)),
        model::TestFunction::Match(..) => Err(cannot_be_compared("match")),
        model::TestFunction::Search(..) => Err(cannot_be_compared("search")),
        model::TestFunction::Custom(name, _) => Err(unknown(name)),
    }
}

/// An argument that must be a value.
fn argument(argument: &model::FnArg, name: &str) -> Result<Operand, Refused> {
    let path = match argument {
        model::FnArg::Literal(value) => return Ok(Operand::Literal(literal(value))),
        model::FnArg::Filter(_) => return Err(needs_value(name)),
        model::FnArg::Test(test) => match test.as_ref() {
            model::Test::Function(call) => return function(call),
            model::Test::RelQuery(segments) => path(segments, false)?,
            model::Test::AbsQuery(query) => path(&query.segments, true)?,
        },
    };
    if path.plan.is_singular() { Ok(Operand::Node(path)) } else { Err(needs_value(name)) }
}

/// An argument that must be a query.
fn nodes(argument: &model::FnArg, name: &str) -> Result<Path, Refused> {
    if let model::FnArg::Test(test) = argument {
        match test.as_ref() {
            model::Test::RelQuery(segments) => return path(segments, false),
            model::Test::AbsQuery(query) => return path(&query.segments, true),
            model::Test::Function(_) => {}
        }
    }
    Err(Refused::new(format!("the argument of `{name}` must be a query"), name))
}

fn path(segments: &[model::Segment], from_root: bool) -> Result<Path, Refused> {
    Ok(Path { from_root, plan: plan(segments)? })
}

fn literal(literal: &model::Literal) -> Literal {
    match literal {
        model::Literal::Int(value) => Literal::Int(*value),
        model::Literal::Float(value) => Literal::Float(*value),
        model::Literal::String(value) => Literal::Str(value.clone()),
        model::Literal::Bool(value) => Literal::Bool(*value),
        model::Literal::Null => Literal::Null,
    }
}

fn unknown(name: &str) -> Refused {
    Refused {
        message: format!("there is no function `{name}`"),
        near: Some(name.to_owned()),
        help: Some("the functions are `length`, `count`, `value`, `match` and `search`".to_owned()),
    }
}

fn must_be_compared(name: &str) -> Refused {
    Refused::new(format!("the result of `{name}` must be compared with something"), name)
}

fn cannot_be_compared(name: &str) -> Refused {
    Refused::new(format!("the result of `{name}` cannot be compared"), name)
}

fn needs_value(name: &str) -> Refused {
    Refused::new(format!("the argument of `{name}` must be a literal or a query for one place"), name)
}

fn explain(text: &str, error: &JsonPathError) -> QueryError {
    let (message, offset) = match error {
        JsonPathError::PestError(error) => {
            let offset = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
            };
            let message = error
                .clone()
                .renamed_rules(|rule| words(&format!("{rule:?}")))
                .variant
                .message()
                .into_owned();
            (message, offset)
        }
        JsonPathError::InvalidJsonPath(message) => {
            let named = |name: &&&str| {
                message.contains(&format!("{name}(")) || message.contains(&format!("`{name}`"))
            };
            match FUNCTIONS.iter().find(named) {
                Some(name) if message.contains("not comparable") => {
                    return cannot_be_compared(name).into_error(text);
                }
                Some(name) => (message.clone(), text.find(name).unwrap_or(0)),
                None => (message.clone(), 0),
            }
        }
        JsonPathError::InvalidNumber(message) => (format!("invalid number: {message}"), 0),
        JsonPathError::MaxNestingDepthExceeded(limit) => (format!("the nesting is deeper than {limit}"), 0),
        other => (other.to_string(), 0),
    };
    QueryError { message, offset, help: help(text, offset) }
}

/// The grammar's names in words.
fn words(rule: &str) -> String {
    match rule {
        "main" | "jp_query" => "a query that begins with `$`",
        "child_segment" => "`.name` or `[…]`",
        "descendant_segment" => "`..`",
        "bracketed_selection" => "`[…]`",
        "wildcard_selector" => "`*`",
        "member_name_shorthand" | "name_first" | "name_char" => "a name",
        "name_selector" | "string" => "a quoted name",
        "slice_selector" | "index_selector" | "int" => "an index",
        "filter_selector" => "a filter `?…`",
        "comp_op" => "a comparison",
        "literal" | "number" | "bool" | "null" => "a literal",
        "EOI" => "the end",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

fn help(text: &str, offset: usize) -> Option<String> {
    if !text.starts_with('$') {
        return Some(format!("a query begins with `$`: `$.{}`", text.trim().trim_start_matches('.')));
    }
    let rest = text.get(offset..)?;
    let before = text.get(..offset)?;
    if let Some(after) = rest.strip_prefix(['-', '/']) {
        // `$.metadata.labels.app-name`: the shorthand takes letters, digits and `_`.
        let begin = before.rfind(['.', '[', ']']).map_or(0, |at| at + 1);
        let name_end =
            after.find(|c: char| !(c.is_alphanumeric() || "-_/".contains(c))).unwrap_or(after.len());
        let name = format!("{}{}{}", before.get(begin..)?, rest.get(..1)?, after.get(..name_end)?);
        return Some(format!("a name with other than letters, digits and `_` is written `['{name}']`"));
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::Query;

    #[track_caller]
    fn refused(text: &str, message: &str, at: &str) {
        let error = Query::parse(text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert!(text.get(error.offset..).unwrap().starts_with(at), "{text}: {}", error.offset);
    }

    #[test]
    fn errors_say_what_and_where() {
        refused("$.metadata.labels.app-name", "", "-name");
        refused("spec.replicas", "", "spec");
        refused("$.a[?length(@.b)]", "must be compared", "length");
        refused("$.a[?match(@.b, 'x') == true]", "cannot be compared", "match");
        refused("$.a[?length(@..b) > 1]", "a query for one place", "length");
        refused("$.a[?match(@.b, '\\\\d+')]", "[0-9]", "match");
        refused("$.a[?count(1) > 1]", "`count`", "");
        refused(&format!("$[?{}@{}]", "count(".repeat(60), ")".repeat(60)), "nested deeper than 4", "(");
        let help = |text: &str| Query::parse(text).unwrap_err().help.unwrap_or_default();
        assert!(help("$.metadata.labels.app-name").contains("['app-name']"));
        assert!(help("spec.replicas").contains("`$.spec.replicas`"));
        assert!(Query::parse("$[?length(value($..['x(((((']))>count(@.*)]").is_ok());
    }
}

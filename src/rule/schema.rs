//! The shape of a rule file, declared once: the reader takes the allowed keys from here, and so do the JSON Schema
//! and the guide to writing rules.

use serde_json::{Map, Value, json};

/// What stands behind a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// One line of text.
    Line,
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// true or false.
    Bool,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A level, or a mapping from levels to conditions.
    Severity,
    /// Conditions: a mapping from facts to operands.
    Where,
    /// Operators, or a value to be equal to.
    Operand,
    /// A relation, or the name of its view.
    Relation,
    /// A relation or a list of relations.
    Relations,
    /// A place: a fact, a JSONPath, a list of alternatives, or a mapping with `key-of` or `entry-of`.
    At,
    /// A mapping of this shape.
    Shape(&'static Shape),
    /// A list of mappings of this shape.
    Shapes(&'static Shape),
    /// A mapping of this shape, or a list of them.
    OneOrMore(&'static Shape),
    /// Text, or a mapping or list that becomes YAML.
    Content,
    /// Keys with dots between them, or a list of keys.
    Keys,
    /// Lists of examples.
    Examples,
}

/// A key of a mapping.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) doc: &'static str,
}

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) fields: &'static [Field],
}

const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: true, doc }
}
const fn may(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: false, doc }
}

pub(crate) const LEVELS: &[&str] = &["error", "warning", "info"];
pub(crate) const STATUSES: &[&str] = &["stable", "preview", "pedantic"];

const WHERE: Field = may("where", Kind::Where, "conditions on the member; all must hold");
const IN_SCOPE: Field =
    may("in-scope", Kind::Relations, "silent unless the view has a member in the scope that satisfies this");
const EXISTS: Field =
    may("exists", Kind::Relations, "fires only when some member of the view in the scope satisfies this");
const ABSENT: Field =
    may("absent", Kind::Relations, "fires only when no member of the view in the scope satisfies this");
const COMPARE: Field =
    may("compare", Kind::Shape(&COMPARE_SHAPE), "one setting across the members of a group");
const SEVERITY: &str =
    "a level, or `{error: CONDITIONS, …, otherwise: LEVEL}`: the first level whose conditions hold";
const AT: Field = may("at", Kind::At, "the primary place; the member's own where it is not given");
const AFFECTS: Field = may(
    "affects",
    Kind::At,
    "every field of what would be deployed that the cause changes, one after the other; the first one is what the \
     finding is about",
);
const LABEL: Field = may("label", Kind::Line, "what the primary place shows, in a few words");
const APART: Field = may(
    "apart",
    Kind::Line,
    "a fact: findings at one place stay apart where it differs; without it one place is one cause, and one finding",
);
const HELP: Field = may("help", Kind::Text, "what to do; the rule's remedy where it is not given");
const RELATED: Field = may("related", Kind::Shapes(&RELATED_SHAPE), "other places that help the reader");
const FIX: Field =
    may("fix", Kind::OneOrMore(&FIX_SHAPE), "what mends it; of a list the first that can be made is offered");

/// A rule file.
pub(crate) static RULE: Shape = Shape {
    name: "rule",
    doc: "A rule of ddlint: declaration, documentation and tests in one file",
    fields: &[
        must("id", Kind::Line, "kebab-case, names the problem, equals the file's name"),
        may(
            "group",
            Kind::Line,
            "the group; the folder's name among the built-in rules, `local` where not given",
        ),
        may("aliases", Kind::Texts, "former ids"),
        may("status", Kind::Word(STATUSES), "`stable` where not given; `pedantic` is off until selected"),
        may("since", Kind::Line, "the version that brought it"),
        must("severity", Kind::Severity, SEVERITY),
        must("summary", Kind::Line, "what is wrong, one line, present tense, no full stop"),
        must("why", Kind::Text, "why it matters"),
        must("remedy", Kind::Text, "what to do; may hold placeholders"),
        may("references", Kind::Texts, "where it is known from"),
        may("not-on", Kind::Texts, "near misses on which it stays silent, in words"),
        may(
            "yields-to",
            Kind::Texts,
            "rules that speak first: silent where one of them reports the same place or field",
        ),
        may(
            "check",
            Kind::Word(&["builtin", "tool"]),
            "`builtin`: a function in src/checks; `tool`: reported by ddlint itself",
        ),
        may("for", Kind::Line, "the view; one evaluation for each member"),
        may(
            "select",
            Kind::Line,
            "a JSONPath from the member's node; one evaluation for each match, as `value`",
        ),
        WHERE,
        IN_SCOPE,
        EXISTS,
        ABSENT,
        COMPARE,
        may(
            "cases",
            Kind::Shapes(&CASE),
            "alternatives with their own conditions and words; the first that holds speaks",
        ),
        may("report", Kind::Shape(&REPORT), "where to point and what to say"),
        must(
            "examples",
            Kind::Examples,
            "files that give exactly the marked findings (`bad`) and none (`good`)",
        ),
    ],
};

/// `report`.
pub(crate) static REPORT: Shape = Shape {
    name: "report",
    doc: "Where to point and what to say",
    fields: &[
        AT,
        AFFECTS,
        LABEL,
        APART,
        may("message", Kind::Line, "one line, present tense, no full stop; `{fact}` is filled in"),
        HELP,
        RELATED,
        FIX,
    ],
};

/// An item of `cases`.
pub(crate) static CASE: Shape = Shape {
    name: "case",
    doc: "One alternative: its conditions come on top of the rule's, its words replace those of `report`",
    fields: &[
        may("pedantic", Kind::Bool, "off until the rule is selected by its id or with `pedantic`"),
        WHERE,
        IN_SCOPE,
        EXISTS,
        ABSENT,
        COMPARE,
        may("severity", Kind::Severity, SEVERITY),
        AT,
        AFFECTS,
        LABEL,
        APART,
        may("message", Kind::Line, "one line, present tense, no full stop; `{fact}` is filled in"),
        HELP,
        RELATED,
        FIX,
    ],
};

/// `in-scope`, `exists`, `absent`, `across`.
pub(crate) static RELATION: Shape = Shape {
    name: "relation",
    doc: "Members of another view in the same scope; `{fact}` in an operand is a fact of the rule's own member",
    fields: &[
        must("view", Kind::Line, "the other view"),
        may("of", Kind::Line, "only members that belong to this one: the name of the rule's own view"),
        may("via", Kind::Line, "the fact that lists them, where `of` leaves a choice"),
        may("as", Kind::Line, "the name for placeholders and places; the view's where it is not given"),
        may("where", Kind::Where, "conditions on the other member"),
        may(
            "order",
            Kind::Word(&["before", "after"]),
            "the other comes before or after this one in a common sequence",
        ),
        may(
            "in",
            Kind::Word(&["application", "applications", "script"]),
            "the kind of sequence for `order`; any where not given",
        ),
        may(
            "among",
            Kind::Word(&["others", "earlier", "later", "all"]),
            "for the rule's own view: which members count; `others` where not given",
        ),
    ],
};

/// `compare`.
pub(crate) static COMPARE_SHAPE: Shape = Shape {
    name: "compare",
    doc: "One setting across the members of a group; fires when the comparison fails",
    fields: &[
        must("across", Kind::Relation, "the members"),
        must("value", Kind::Line, "the fact that is compared"),
        must("must", Kind::Word(&["be-equal", "be-distinct"]), "what is asked of the values"),
        may("odd", Kind::Operand, "which side is `odd`; the minority where it is not given"),
        may("ignore-absent", Kind::Bool, "members without the setting do not count"),
    ],
};

/// An item of `related`.
pub(crate) static RELATED_SHAPE: Shape = Shape {
    name: "related",
    doc: "Another place of a finding; left out where there is no such place",
    fields: &[
        may("view", Kind::Line, "the relation whose members are shown, by its name"),
        may("at", Kind::At, "the place; a fact of the members where `view` is given"),
        must("message", Kind::Line, "what is there, in a few words"),
        may("where", Kind::Where, "only where this holds (of the members where `view` is given)"),
    ],
};

const REPLACE: Field = may("replace", Kind::At, "the place whose text is replaced by `with`");
const WITH: Field = may(
    "with",
    Kind::Content,
    "the new text (a whole scalar keeps its quotes), or a mapping that is written as YAML",
);
const INSERT: Field =
    may("insert", Kind::Content, "text or a mapping that is written as YAML, put `into` or `after` a place");
const INTO: Field = may("into", Kind::At, "the mapping that gets the new entries");
const AFTER: Field = may("after", Kind::At, "the entry or item behind which the new text stands");
const DELETE: Field = may("delete", Kind::At, "the entry or item that is removed with its lines");
const SET: Field = may(
    "set",
    Kind::Keys,
    "the keys of a value that becomes `to`, in the file that owns it; keys that are not there are made, a list gets \
     the items",
);
const TO: Field = may("to", Kind::Content, "the value that `set` gives");
const OF: Field = may(
    "of",
    Kind::Line,
    "a member whose release has the values that `set` and `move` change; the rule's own where nothing is given",
);
const IN: Field =
    may("in", Kind::At, "the mapping in which the keys of `set` and `below` begin, in place of values");
const MOVE: Field = may(
    "move",
    Kind::At,
    "the item of a list, or the key in a mapping, that goes into the one `below` keys; one that is not there yet is made where it has the same name",
);
const BELOW: Field = may("below", Kind::Keys, "the keys of the list or mapping that gets what is moved");

/// `fix`.
pub(crate) static FIX_SHAPE: Shape = Shape {
    name: "fix",
    doc: "An edit; offered only where every placeholder has one value and the result is still YAML",
    fields: &[
        must(
            "safety",
            Kind::Word(&["safe", "unsafe"]),
            "`safe` keeps the meaning; `unsafe` needs --unsafe-fixes",
        ),
        may("where", Kind::Where, "conditions on the member; the fix is offered only where all hold"),
        may("description", Kind::Line, "what the edit does"),
        may("note", Kind::Text, "what a person has to do besides; shown when the fix is applied"),
        REPLACE,
        WITH,
        INSERT,
        INTO,
        AFTER,
        DELETE,
        SET,
        TO,
        OF,
        IN,
        MOVE,
        BELOW,
        may("changes", Kind::Shapes(&CHANGE_SHAPE), "several edits, all or none, in place of one"),
    ],
};

/// An item of `changes`.
pub(crate) static CHANGE_SHAPE: Shape = Shape {
    name: "change",
    doc: "One of the edits of a fix",
    fields: &[REPLACE, WITH, INSERT, INTO, AFTER, DELETE, SET, TO, OF, IN, MOVE, BELOW],
};

/// Operators behind a fact.
pub(crate) static OPERATORS: Shape = Shape {
    name: "operators",
    doc: "Conditions on one fact; all must hold. Nothing holds of an unknown fact, nor does its opposite",
    fields: &[
        may("equals", Kind::Operand, "the same value and type"),
        may("not", Kind::Operand, "the opposite of a value or of operators"),
        may("one-of", Kind::Operand, "one of a list of values"),
        may(
            "matches",
            Kind::Line,
            "a regular expression finds something in the text (linear time; `(?i)` ignores case)",
        ),
        may("exists", Kind::Bool, "whether the fact is there"),
        may("absent", Kind::Bool, "whether the fact is not there"),
        may("lt", Kind::Operand, "less than"),
        may("le", Kind::Operand, "less than or equal"),
        may("gt", Kind::Operand, "greater than"),
        may("ge", Kind::Operand, "greater than or equal"),
        may("contains", Kind::Operand, "a list holds the value; a text holds the text"),
        may("starts-with", Kind::Operand, "the text begins so"),
        may("ends-with", Kind::Operand, "the text ends so"),
        may("any-item", Kind::Operand, "some item of the list satisfies the operators"),
        may("every-item", Kind::Operand, "every item of the list satisfies the operators"),
        may("count", Kind::Operand, "operators on the number of items"),
        may("length", Kind::Operand, "operators on the number of characters"),
        may(
            "type",
            Kind::Word(&["string", "number", "boolean", "null", "mapping", "list"]),
            "the YAML type behind a JSONPath",
        ),
    ],
};

static SHAPES: &[&Shape] = &[
    &RULE,
    &REPORT,
    &CASE,
    &RELATION,
    &COMPARE_SHAPE,
    &RELATED_SHAPE,
    &FIX_SHAPE,
    &CHANGE_SHAPE,
    &OPERATORS,
];

impl Shape {
    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn json(&self) -> Value {
        let mut properties = Map::new();
        for field in self.fields {
            let mut value = field.kind.json();
            if let Value::Object(map) = &mut value {
                map.insert("description".into(), field.doc.into());
            }
            properties.insert(field.name.into(), value);
        }
        let required: Vec<&str> =
            self.fields.iter().filter(|field| field.required).map(|it| it.name).collect();
        let mut schema = json!({
            "type": "object",
            "description": self.doc,
            "properties": properties,
            "additionalProperties": false,
        });
        if let (Value::Object(map), false) = (&mut schema, required.is_empty()) {
            map.insert("required".into(), required.into());
        }
        schema
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

impl Kind {
    fn json(self) -> Value {
        match self {
            Kind::Line | Kind::Text => json!({"type": "string"}),
            Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Word(words) => json!({"enum": words}),
            Kind::Severity => json!({"anyOf": [{"enum": LEVELS}, {
                "type": "object",
                "properties": {
                    "error": reference("where"), "warning": reference("where"), "info": reference("where"),
                    "otherwise": {"enum": LEVELS},
                },
                "required": ["otherwise"],
                "additionalProperties": false,
            }]}),
            Kind::Where => json!({"anyOf": [reference("where")]}),
            Kind::Operand => json!({"anyOf": [
                {"type": ["string", "number", "boolean", "null", "array"]}, reference("operators")]}),
            Kind::Relation => json!({"anyOf": [{"type": "string"}, reference("relation")]}),
            Kind::Relations => json!({"anyOf": [{"type": "string"}, reference("relation"), {
                "type": "array", "items": {"anyOf": [{"type": "string"}, reference("relation")]}}]}),
            Kind::At => json!({"anyOf": [{"type": "string"}, {"type": "array"}, {
                "type": "object",
                "properties": {"key-of": {"type": "string"}, "entry-of": {"type": "string"}},
                "additionalProperties": false}]}),
            Kind::Shape(shape) => json!({"anyOf": [reference(shape.name)]}),
            Kind::Shapes(shape) => json!({"type": "array", "items": reference(shape.name)}),
            Kind::OneOrMore(shape) => json!({"anyOf": [reference(shape.name), {
                "type": "array", "items": reference(shape.name)}]}),
            Kind::Content => json!({"type": ["string", "number", "boolean", "object", "array"]}),
            Kind::Keys => json!({"anyOf": [
                {"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
            Kind::Examples => json!({
                "type": "object",
                "properties": {
                    "bad": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
                    "good": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
                },
                "required": ["bad", "good"],
                "additionalProperties": false,
            }),
        }
    }
}

/// The JSON Schema of a rule file.
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    for shape in SHAPES.iter().skip(1) {
        definitions.insert(shape.name.into(), shape.json());
    }
    definitions.insert(
        "where".into(),
        json!({
            "description": "a mapping from facts of the view, or JSONPaths from its node, to operands; `all`, `any` \
                            (lists), `not`, `exists`, `absent` and `in-scope` combine. A list of mappings: all must hold",
            "type": ["object", "array"],
        }),
    );
    let mut schema = RULE.json();
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        map.insert("title".into(), "ddlint rule".into());
        map.insert("$defs".into(), definitions.into());
    }
    schema
}

//! The parser's error kinds in words for people who write manifests.
//!
//! Deliberately absent: the place of the error and what stands around it; `syntax` looks at the text.

use granit_parser::ErrorKind;

/// What went wrong, as far as the parser can say without looking at the text again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A tab where only spaces may indent.
    Tab,
    /// A quoted scalar that does not end, or whose next line is not indented.
    UnclosedQuote,
    /// Text behind a closing quote.
    BehindQuote,
    /// `[` or `{` without its end; the error stands at the bracket.
    UnclosedBracket(char),
    /// A closing bracket that does not fit.
    WrongBracket { open: Option<char>, close: Option<char> },
    /// Two items of a flow collection without a comma; the bracket that would end it.
    MissingComma(char),
    /// A character that cannot begin a value, or that YAML forbids.
    Character(char),
    /// A `key: value` where no mapping can continue.
    UnexpectedValue,
    /// More content behind the document's only value.
    SecondRoot,
    /// A line that should be `key: value` has no colon.
    MissingColon,
    /// `- ` where no list can begin.
    UnexpectedEntry,
    /// The indentation fits no open mapping or list.
    Indentation,
    /// A comment in the middle of a plain scalar of several lines.
    CommentInScalar,
    /// `#` directly behind a value.
    CommentNotSeparated,
    /// `\x` with an x that YAML does not know.
    Escape,
    /// Nesting beyond the limit.
    TooDeep,
    /// Anything else, in the parser's words.
    Other(String),
}

/// Groups the parser's many kinds.
pub(super) fn translate(kind: &ErrorKind) -> Problem {
    use ErrorKind as Kind;
    match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInIndentation
        | Kind::TabInPlainScalar
        | Kind::InvalidBlockEntryWhitespace
        | Kind::InvalidMappingValueWhitespace => Problem::Tab,
        Kind::DocumentIndicatorInQuotedScalar
        | Kind::UnclosedQuotedScalar
        | Kind::InvalidQuotedScalarIndent => Problem::UnclosedQuote,
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
            Problem::BehindQuote
        }
        Kind::UnclosedFlowCollection { open } => Problem::UnclosedBracket(*open),
        Kind::MisplacedFlowCollectionEnd => Problem::WrongBracket { open: None, close: None },
        Kind::MismatchedFlowCollectionEnd { open, close } => {
            Problem::WrongBracket { open: Some(*open), close: Some(*close) }
        }
        Kind::UnexpectedCharacter { character } => Problem::Character(*character),
        Kind::ExpectedDocumentStart => Problem::SecondRoot,
        Kind::ExpectedFlowSequenceSeparator => Problem::MissingComma(']'),
        Kind::ExpectedFlowMappingSeparator => Problem::MissingComma('}'),
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement => Problem::UnexpectedValue,
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => Problem::MissingColon,
        Kind::BlockSequenceEntryNotAllowed | Kind::BlockEntryInFlowCollection => Problem::UnexpectedEntry,
        Kind::InvalidIndentation
        | Kind::ExpectedBlockMappingKey
        | Kind::ExpectedBlockSequenceEntry
        | Kind::InvalidBlockScalarIndent
        | Kind::InvalidFlowScalarIndent => Problem::Indentation,
        Kind::CommentInterceptedScalar => Problem::CommentInScalar,
        Kind::CommentNotSeparated => Problem::CommentNotSeparated,
        Kind::UnknownQuotedScalarEscape
        | Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => Problem::Escape,
        Kind::RecursionLimitExceeded => Problem::TooDeep,
        other => Problem::Other(plain_words(&other.to_string())),
    }
}

/// The parser's sentence without its `while parsing …, ` prologue.
fn plain_words(message: &str) -> String {
    match message.split_once(", ") {
        Some((prologue, rest)) if prologue.starts_with("while ") => rest.to_owned(),
        _ => message.to_owned(),
    }
}

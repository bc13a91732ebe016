//! The encoders under the names that templates have for them.
//!
//! They are public so that tests, fuzz targets and other front ends can compare them with Go directly. Deliberately
//! absent: the reading directions, which are reached through templates only.

use crate::json::{self, Layout};
use crate::text::Text;
use crate::toml_out;
use crate::value::Value;
use crate::yaml_out;

/// `toYaml`: nothing where Go reports an error.
pub fn to_yaml(value: &Value) -> Text {
    yaml_out::to_yaml(value).unwrap_or_else(Text::empty)
}

/// `toYamlPretty`: nothing where Go reports an error.
pub fn to_yaml_pretty(value: &Value) -> Text {
    yaml_out::to_yaml_pretty(value).unwrap_or_else(Text::empty)
}

/// `toJson`: nothing where Go reports an error.
pub fn to_json(value: &Value) -> Text {
    json::encode(value, Layout::COMPACT).unwrap_or_else(|_| Text::empty())
}

/// `toRawJson`, or Go's error.
pub fn to_raw_json(value: &Value) -> Result<Text, String> {
    json::encode(value, Layout::RAW)
}

/// `toPrettyJson`: nothing where Go reports an error.
pub fn to_pretty_json(value: &Value) -> Text {
    json::encode(value, Layout::PRETTY).unwrap_or_else(|_| Text::empty())
}

/// `toToml`: the encoder's error is the text then; what is a panic in Go is an error here.
pub fn to_toml(value: &Value) -> Result<Text, String> {
    match toml_out::encode(value) {
        Ok(text) => Ok(text),
        Err(toml_out::Error::Said(message)) => Ok(Text::new(message, value.origin)),
        Err(toml_out::Error::Panic(message)) => Err(message.to_owned()),
    }
}

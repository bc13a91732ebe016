//! Secrets that stand in files: cluster agent tokens and Datadog keys. The facts never hold a whole value, only its
//! length, its form and its last four characters.
//!
//! Deliberately absent: placeholders, encrypted values and references, which are not secrets in a file.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ddlint_yaml::Node;

use crate::model::env::EnvSource;
use crate::model::resource::Resource;
use crate::model::values::{Value, ValueAt, ValueData};
use crate::model::{At, Model, ResourceId, Scope};
use crate::source::Place;

use super::agent::{Agent, Form};
use super::chart::{Chart, Text, is_placeholder};
use super::environment::is_fixture;
use super::from_operator::is_datadog_agent;
use super::from_values::is_datadog;
use super::neighbours::Neighbours;
use super::pods::{at, below, datadog_release, is_agent_pod, name_place, node_place};

/// A cluster agent token, or a Secret that should hold one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ClusterToken {
    /// The key in the Secret that should hold it.
    pub(crate) key: String,
    /// The Secret has no such key.
    pub(crate) missing: bool,
    /// The number of characters, without a newline at the end.
    pub(crate) length: i64,
    /// A newline is part of it.
    pub(crate) newline: bool,
    /// A character is neither letter nor digit.
    pub(crate) odd_characters: bool,
    /// The scalar, or the Secret's name where the key is missing.
    pub(crate) place: Place,
    /// The reference to the Secret.
    pub(crate) reference: Option<Place>,
    /// The Secret or DatadogAgent.
    pub(crate) resource: Option<ResourceId>,
}

impl ClusterToken {
    fn of(text: &str, key: &str, place: Place, resource: Option<ResourceId>) -> Option<ClusterToken> {
        let bare = text.trim_end_matches(['\n', '\r']);
        if bare.is_empty() || is_placeholder(bare) {
            return None;
        }
        Some(ClusterToken {
            key: key.to_string(),
            missing: false,
            length: bare.chars().count() as i64,
            newline: bare.len() != text.len(),
            odd_characters: !bare.chars().all(|c| c.is_ascii_alphanumeric()),
            place,
            reference: None,
            resource,
        })
    }
}

/// The cluster agent tokens of a scope.
pub(crate) fn tokens(model: &Model, near: &Neighbours<'_>, agents: &[Agent]) -> Vec<ClusterToken> {
    let mut found = Vec::new();
    // Name of the Secret, its key, the namespace, the place of the reference.
    let mut secrets: Vec<(String, String, Option<String>, Option<Place>)> = Vec::new();
    for agent in agents {
        if let Some(id) = agent.release {
            let chart = Chart::new(model, model.release(id));
            if let (Text::Given(text), Some(at)) =
                (chart.text("clusterAgent.token"), chart.at("clusterAgent.token"))
            {
                found.extend(ClusterToken::of(&text, "token", model.place(at.value_at()), None));
            }
            if let Text::Given(name) = chart.text("clusterAgent.tokenExistingSecret") {
                let place = super::containers::value_place(model, &chart, "clusterAgent.tokenExistingSecret");
                secrets.push((name, "token".to_string(), agent.namespace.clone(), place));
            }
        }
        if let (Form::Operator, Some(id)) = (agent.form, agent.resource) {
            let resource = model.resource(id);
            let global = |key: &str| below(model, resource.at, &["spec", "global", key]);
            if let Some(node) = global("clusterAgentToken") {
                let place = node_place(model, resource.at, node);
                found.extend(ClusterToken::of(node.text().unwrap_or_default(), "token", place, Some(id)));
            }
            let reference = global("clusterAgentTokenSecret").and_then(|secret| {
                let name = secret.get("secretName")?;
                let key = secret.get("keyName").and_then(|key| key.text()).unwrap_or("token");
                Some((name.text()?.to_string(), key.to_string(), node_place(model, resource.at, name)))
            });
            if let Some((name, key, place)) = reference {
                secrets.push((name, key, agent.namespace.clone(), Some(place)));
            }
        }
    }
    for &id in &near.scope.resources {
        let resource = model.resource(id);
        let Some(workload) = &resource.workload else { continue };
        if !is_agent_pod(model, resource, workload) || datadog_release(model, resource).is_some() {
            continue;
        }
        for entry in workload.containers.iter().flat_map(|container| &container.env.entries) {
            if let ("DD_CLUSTER_AGENT_AUTH_TOKEN", EnvSource::Secret(name, key)) =
                (entry.name.as_str(), &entry.source)
            {
                let place = model.place(entry.value_at.unwrap_or(entry.at));
                let known = secrets.iter().any(|(secret, _, namespace, _)| {
                    secret == name && *namespace == resource.effective_namespace
                });
                if !known {
                    secrets.push((
                        name.clone(),
                        key.clone(),
                        resource.effective_namespace.clone(),
                        Some(place),
                    ));
                }
            }
        }
    }
    for (name, key, namespace, reference) in secrets {
        for &id in near.named("Secret", &name) {
            let resource = model.resource(id);
            let here = resource.effective_namespace == namespace
                || namespace.is_none()
                || resource.effective_namespace.is_none();
            if here && !is_encrypted(model, resource) && datadog_release(model, resource).is_none() {
                found.extend(
                    secret_token(model, id, resource, &key).map(|token| ClusterToken { reference, ..token }),
                );
            }
        }
    }
    found
}

fn secret_token(model: &Model, id: ResourceId, resource: &Resource, key: &str) -> Option<ClusterToken> {
    let data = below(model, resource.at, &["data"]);
    let plain = below(model, resource.at, &["stringData"]);
    if let Some(node) = plain.and_then(|map| map.get(key)) {
        return ClusterToken::of(node.text()?, key, node_place(model, resource.at, node), Some(id));
    }
    if let Some(node) = data.and_then(|map| map.get(key)) {
        let text = node.text().filter(|text| !is_placeholder(text))?;
        let decoded = String::from_utf8(decode_base64(text)?).ok()?;
        return ClusterToken::of(&decoded, key, node_place(model, resource.at, node), Some(id));
    }
    // A Secret without any data is filled by something else.
    let filled = [data, plain].into_iter().flatten().any(|map| map.is_mapping() && !map.is_empty());
    filled.then(|| ClusterToken {
        key: key.to_string(),
        missing: true,
        length: 0,
        newline: false,
        odd_characters: false,
        place: name_place(model, resource),
        reference: None,
        resource: Some(id),
    })
}

/// SOPS encrypted it.
fn is_encrypted(model: &Model, resource: &Resource) -> bool {
    below(model, resource.at, &["sops"]).is_some()
}

/// Standard base64, with or without padding; line breaks do not count.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    BASE64.decode(text.split_ascii_whitespace().collect::<String>()).ok()
}

/// Which key of Datadog it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum KeyKind {
    /// Sends telemetry.
    Api,
    /// Reads and changes.
    Application,
}

/// A key of Datadog in plain text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PlainKey {
    /// Which.
    pub(crate) kind: KeyKind,
    /// The last four characters.
    pub(crate) last: String,
    /// It has the form of a real key.
    pub(crate) real: bool,
    /// The file belongs to tests or examples.
    pub(crate) fixture: bool,
    /// The scalar.
    pub(crate) place: Place,
    /// The resource.
    pub(crate) resource: Option<ResourceId>,
}

/// The keys of Datadog that stand in plain text in a scope.
pub(crate) fn keys(model: &Model, scope: &Scope) -> Vec<PlainKey> {
    let mut found: Vec<PlainKey> = Vec::new();
    let mut add = |kind: KeyKind, text: &str, place: Place, resource: Option<ResourceId>| {
        let Some(real) = looks_like_key(kind, text) else { return };
        if found.iter().any(|key| key.place == place) {
            return;
        }
        let text = text.trim();
        let last = text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_string();
        found.push(PlainKey { kind, last, real, fixture: is_fixture(model, place), place, resource });
    };
    let mut named: Vec<(String, Option<String>)> = Vec::new();
    for &id in &scope.releases {
        let release = model.release(id);
        if !is_datadog(release) {
            continue;
        }
        let chart = Chart::new(model, release);
        for (path, kind) in [("datadog.apiKey", KeyKind::Api), ("datadog.appKey", KeyKind::Application)] {
            if let (Text::Given(text), Some(at)) = (chart.text(path), chart.at(path)) {
                add(kind, &text, model.place(at.value_at()), None);
            }
        }
        for path in ["datadog.apiKeyExistingSecret", "datadog.appKeyExistingSecret"] {
            if let Text::Given(name) = chart.text(path) {
                named.push((name, release.namespace.clone()));
            }
        }
        env_keys(&release.values, &mut |kind, text, at| add(kind, text, model.place(at.value_at()), None));
    }
    for &id in &scope.resources {
        let resource = model.resource(id);
        if datadog_release(model, resource).is_some() {
            continue;
        }
        if is_datadog_agent(resource) {
            for (key, kind) in [("apiKey", KeyKind::Api), ("appKey", KeyKind::Application)] {
                if let Some(node) = below(model, resource.at, &["spec", "global", "credentials", key]) {
                    add(
                        kind,
                        node.text().unwrap_or_default(),
                        node_place(model, resource.at, node),
                        Some(id),
                    );
                }
            }
            if let Some(spec) = below(model, resource.at, &["spec"]) {
                let mut lists = Vec::new();
                env_entries(spec, 0, &mut lists);
                for (kind, node) in lists {
                    add(
                        kind,
                        node.text().unwrap_or_default(),
                        node_place(model, resource.at, node),
                        Some(id),
                    );
                }
            }
        }
        for entry in resource.workload.iter().flat_map(|w| &w.containers).flat_map(|c| &c.env.entries) {
            let Some(kind) = key_variable(&entry.name) else { continue };
            match (&entry.source, entry.value_at) {
                (EnvSource::Literal { written, .. }, Some(at)) => {
                    add(kind, written, model.place(at), Some(id))
                }
                (EnvSource::Secret(name, _), _) => {
                    named.push((name.clone(), resource.effective_namespace.clone()))
                }
                _ => {}
            }
        }
        if resource.kind == "ConfigMap" {
            for (_, _, value) in
                below(model, resource.at, &["data"]).map(|d| d.effective_entries()).unwrap_or_default()
            {
                in_text(model, resource.at, value, &mut |kind, text, place| add(kind, text, place, Some(id)));
            }
        }
    }
    for &id in &scope.resources {
        let resource = model.resource(id);
        if resource.kind != "Secret"
            || datadog_release(model, resource).is_some()
            || is_encrypted(model, resource)
        {
            continue;
        }
        let used = named.iter().any(|(name, namespace)| {
            *name == resource.name && (*namespace == resource.effective_namespace || namespace.is_none())
        });
        let datadog = |text: &str| text.contains("datadog");
        if !(used || datadog(&resource.name) || resource.effective_namespace.as_deref().is_some_and(datadog))
        {
            continue;
        }
        for (name, kind) in SECRET_KEYS {
            if let Some(node) = below(model, resource.at, &["stringData", name]) {
                add(kind, node.text().unwrap_or_default(), node_place(model, resource.at, node), Some(id));
            }
            let Some(node) = below(model, resource.at, &["data", name]) else { continue };
            let decoded = node.text().and_then(decode_base64).and_then(|bytes| String::from_utf8(bytes).ok());
            add(kind, &decoded.unwrap_or_default(), node_place(model, resource.at, node), Some(id));
        }
    }
    found
}

/// Keys under which Secrets for the chart and the operator hold the keys.
const SECRET_KEYS: [(&str, KeyKind); 6] = [
    ("api-key", KeyKind::Api),
    ("app-key", KeyKind::Application),
    ("api_key", KeyKind::Api),
    ("app_key", KeyKind::Application),
    ("DD_API_KEY", KeyKind::Api),
    ("DD_APP_KEY", KeyKind::Application),
];

fn key_variable(name: &str) -> Option<KeyKind> {
    match name {
        "DD_API_KEY" => Some(KeyKind::Api),
        "DD_APP_KEY" | "DD_APPLICATION_KEY" => Some(KeyKind::Application),
        _ => None,
    }
}

/// The entries of environment lists anywhere in values.
fn env_keys(value: &Value, add: &mut impl FnMut(KeyKind, &str, ValueAt)) {
    match &value.data {
        ValueData::Map(map) => {
            let name = map.get("name").and_then(Value::as_str).and_then(key_variable);
            if let (Some(kind), Some(given)) = (name, map.get("value"))
                && let (Some(text), Some(at)) = (given.as_str(), given.at)
            {
                add(kind, text, at);
            }
            for (key, below) in map {
                if let (Some(kind), Some(text), Some(at)) = (key_variable(key), below.as_str(), below.at) {
                    add(kind, text, at);
                }
                env_keys(below, add);
            }
        }
        ValueData::List(items) => items.iter().for_each(|item| env_keys(item, add)),
        _ => {}
    }
}

/// The entries of environment lists below a node of a `DatadogAgent`.
fn env_entries<'a>(node: Node<'a>, depth: usize, found: &mut Vec<(KeyKind, Node<'a>)>) {
    // Deeper than any environment list of the resource.
    if depth > 8 {
        return;
    }
    if node.is_sequence() {
        for item in node.items() {
            let name = item.get("name").and_then(|name| name.text()).and_then(key_variable);
            if let (Some(kind), Some(value)) = (name, item.get("value")) {
                found.push((kind, value));
            }
        }
    } else if node.is_mapping() {
        for (_, value) in node.entries() {
            env_entries(value, depth + 1, found);
        }
    }
}

/// `api_key:` at the top of a YAML text inside a ConfigMap.
fn in_text(model: &Model, holder: At, text: Node<'_>, add: &mut impl FnMut(KeyKind, &str, Place)) {
    let Some(content) =
        text.text().filter(|content| content.contains("api_key") || content.contains("app_key"))
    else {
        return;
    };
    let stream = ddlint_yaml::parse(content.into());
    let map = text.offset_map();
    let file = model.doc(at(holder, text).doc).file;
    for document in &stream.documents {
        let Some(root) = document.root() else { continue };
        for (name, kind) in [("api_key", KeyKind::Api), ("app_key", KeyKind::Application)] {
            if let Some(value) = root.get(name) {
                let place = Place { file, span: map.span(value.span()) };
                add(kind, value.text().unwrap_or_default(), place);
            }
        }
    }
}

/// Whether a text is a key: `Some(true)` with the form of a real one, `Some(false)` with the looks of a secret, none
/// for placeholders, references and words.
fn looks_like_key(kind: KeyKind, text: &str) -> Option<bool> {
    let text = text.trim();
    if text.is_empty() || is_placeholder(text) || repeats(text) {
        return None;
    }
    let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let tagged = |prefix: &str, length: usize| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() >= length && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    let real = match kind {
        KeyKind::Api => hex && text.len() == 32 || tagged("ddapi_", 16),
        KeyKind::Application => hex && text.len() == 40 || tagged("ddapp_", 34),
    };
    // A key in the other's place is a key all the same.
    let swapped = hex && matches!(text.len(), 32 | 40) || tagged("ddapi_", 16) || tagged("ddapp_", 34);
    if entropy(text) < 3.0 {
        return None;
    }
    if real || swapped {
        return Some(true);
    }
    let secret = text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digits =
        text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    (secret && digits).then_some(false)
}

/// The text is one shorter text, several times.
fn repeats(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=bytes.len() / 2).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(a, b)| a == b))
}

/// Shannon's entropy in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len().max(1) as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|p| -p * p.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_form_of_a_key_is_one() {
        assert_eq!(looks_like_key(KeyKind::Api, "0a1b2c3d4e5f60718293a4b5c6d7e8f9"), Some(true));
        assert_eq!(looks_like_key(KeyKind::Api, "00000000000000000000000000000000"), None);
        assert_eq!(looks_like_key(KeyKind::Api, "0123456789abcdef0123456789abcdef"), None);
        assert_eq!(looks_like_key(KeyKind::Api, "abc"), None);
        assert_eq!(looks_like_key(KeyKind::Api, "${DD_API_KEY}"), None);
        assert_eq!(looks_like_key(KeyKind::Api, "ENC[AES256_GCM,data:x]"), None);
        assert_eq!(looks_like_key(KeyKind::Api, "<DATADOG_API_KEY>"), None);
        assert_eq!(looks_like_key(KeyKind::Api, "A1B2C3D4E5F6071829304152637485960F"), Some(false));
    }

    #[test]
    fn base64_is_decoded_with_and_without_padding() {
        assert_eq!(decode_base64("Y2hhbmdlbWU=").as_deref(), Some(b"changeme".as_slice()));
        assert_eq!(decode_base64("Y2hhbmdlbWU").as_deref(), Some(b"changeme".as_slice()));
        assert_eq!(decode_base64("not base64!"), None);
    }
}

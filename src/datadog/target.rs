//! Where a container sends its traces, metrics and OTLP data: the precedence of the variables, `$(X)` hops, and the
//! part of the value that names the host (catalogue section 1.3; the same in all tracers).
//!
//! Pure: reads an environment, knows no cluster. Deliberately absent: which Service a name reaches (`resolve`) and
//! what the admission webhook adds (`webhook`).

use std::net::IpAddr;
use std::ops::Range;

use crate::model::env::{Env, EnvEntry, EnvSource};

use super::chart::is_placeholder;

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Leg {
    /// Traces, to the trace-agent.
    Apm,
    /// Metrics, to DogStatsD.
    Dogstatsd,
    /// OTLP data of an OpenTelemetry SDK.
    Otlp,
}

impl Leg {
    /// The word in rule files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Leg::Apm => "apm",
            Leg::Dogstatsd => "dogstatsd",
            Leg::Otlp => "otlp",
        }
    }
    /// The word in messages.
    pub(crate) fn sends(self) -> &'static str {
        match self {
            Leg::Apm => "traces",
            Leg::Dogstatsd => "DogStatsD metrics",
            Leg::Otlp => "OTLP data",
        }
    }
    /// The transport.
    pub(crate) fn protocol(self) -> &'static str {
        match self {
            Leg::Apm | Leg::Otlp => "TCP",
            Leg::Dogstatsd => "UDP",
        }
    }
}

/// What a target is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TargetKind {
    /// `status.hostIP`.
    NodeIp,
    /// A DNS name.
    Name,
    /// An address that is written down.
    Address,
    /// The pod itself.
    Loopback,
    /// A Unix socket.
    Socket,
    /// A variable decides it whose value is not known, or whose form no tracer accepts.
    Unknown,
    /// No variable names a target: the tracer tries its socket, then localhost.
    Implicit,
}

impl TargetKind {
    /// The word in rule files.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            TargetKind::NodeIp => "node-ip",
            TargetKind::Name => "name",
            TargetKind::Address => "address",
            TargetKind::Loopback => "loopback",
            TargetKind::Socket => "socket",
            TargetKind::Unknown => "unknown",
            TargetKind::Implicit => "implicit",
        }
    }
}

/// Where a container sends one leg.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Target {
    /// What it is.
    pub(crate) kind: TargetKind,
    /// The host, or the path of the socket, where it is known.
    pub(crate) host: Option<String>,
    /// The port.
    pub(crate) port: Option<i64>,
    /// The entry that decides: an index in [`Env::entries`]. None: no variable.
    pub(crate) entry: Option<usize>,
    /// The bytes of the host in the entry's written value.
    pub(crate) host_range: Option<Range<usize>>,
    /// The entry that a `$(X)` of the deciding one refers to for the host.
    pub(crate) via: Option<usize>,
    /// The entry that gives the port, where it is one of its own.
    pub(crate) port_entry: Option<usize>,
}

impl Target {
    fn of(kind: TargetKind, entry: Option<usize>) -> Target {
        Target { kind, host: None, port: None, entry, host_range: None, via: None, port_entry: None }
    }
}

/// Where a container sends a leg.
pub(crate) fn target(env: &Env, leg: Leg) -> Target {
    match leg {
        Leg::Apm => apm(env),
        Leg::Dogstatsd => dogstatsd(env),
        Leg::Otlp => otlp(env),
    }
}

fn apm(env: &Env) -> Target {
    if let Some(index) = set(env, "DD_TRACE_AGENT_URL") {
        return url(env, index, &["http", "https"], &["unix"], 8126);
    }
    let host = set(env, "DD_AGENT_HOST").or_else(|| set(env, "DD_TRACE_AGENT_HOSTNAME"));
    host_and_port(env, host, set(env, "DD_TRACE_AGENT_PORT"), 8126)
}

fn dogstatsd(env: &Env) -> Target {
    if let Some(index) = set(env, "DD_DOGSTATSD_URL") {
        return url(env, index, &["udp"], &["unix", "unixgram", "unixstream"], 8125);
    }
    let host = set(env, "DD_DOGSTATSD_HOST").or_else(|| set(env, "DD_AGENT_HOST"));
    host_and_port(env, host, set(env, "DD_DOGSTATSD_PORT"), 8125)
}

fn otlp(env: &Env) -> Target {
    for name in ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] {
        if let Some(index) = set(env, name) {
            let default = match env.literal("OTEL_EXPORTER_OTLP_PROTOCOL") {
                Some("grpc") => 4317,
                _ => 4318,
            };
            return url(env, index, &["http", "https", "grpc"], &["unix"], default);
        }
    }
    Target::of(TargetKind::Implicit, None)
}

/// The index of the entry that counts for a name; an empty string counts as unset.
fn set(env: &Env, name: &str) -> Option<usize> {
    let index = env.entries.iter().rposition(|entry| entry.name == name)?;
    match &env.entries[index].source {
        EnvSource::Literal { expanded, .. } if expanded.is_empty() => None,
        _ => Some(index),
    }
}

fn host_and_port(env: &Env, host: Option<usize>, port: Option<usize>, default: i64) -> Target {
    let number = match port.map(|index| &env.entries[index].source) {
        None => Some(default),
        Some(EnvSource::Literal { expanded, .. }) => expanded.trim().parse().ok(),
        Some(_) => None,
    };
    let mut target = match host {
        // Either variable is enough: a port alone means localhost.
        None if port.is_some() => {
            Target { host: Some("localhost".into()), ..Target::of(TargetKind::Loopback, port) }
        }
        None => return Target::of(TargetKind::Implicit, None),
        Some(index) => match &env.entries[index].source {
            EnvSource::Literal { written, .. } => authority(env, index, written, 0..written.len()),
            EnvSource::Field(path) if path == "status.hostIP" => Target::of(TargetKind::NodeIp, Some(index)),
            // The pod's own address is the pod, but sidecars listen there on purpose.
            _ => Target::of(TargetKind::Unknown, Some(index)),
        },
    };
    target.port = number;
    target.port_entry = port;
    target
}

/// A target written as a URL.
fn url(env: &Env, index: usize, tcp: &[&str], unix: &[&str], default: i64) -> Target {
    let unknown = Target::of(TargetKind::Unknown, Some(index));
    let Some((written, owner)) = literal_of(env, index) else { return unknown };
    let Some((scheme, rest)) = written.split_once("://") else { return unknown };
    let scheme = scheme.to_ascii_lowercase();
    if unix.contains(&scheme.as_str()) {
        return Target { host: Some(rest.to_string()), ..Target::of(TargetKind::Socket, Some(index)) };
    }
    if !tcp.contains(&scheme.as_str()) {
        return unknown;
    }
    let start = written.len() - rest.len();
    let end = rest.find(['/', '?', '#']).map_or(written.len(), |at| start + at);
    let (host, port) = split_port(written.get(start..end).unwrap_or_default());
    let mut target = authority(env, owner, written, start..start + host.len());
    target.port = match port {
        None if scheme == "https" && default == 8126 => Some(443),
        None => Some(default),
        Some(text) => match expand_one(env, owner, text) {
            Some(number) => number.trim().parse().ok(),
            None => text.trim().parse().ok(),
        },
    };
    if owner != index {
        target.via = target.via.or(target.entry);
        target.entry = Some(index);
        target.host_range = None;
    }
    target
}

/// The text of an entry; an entry that is nothing but `$(X)` has the text of X, with X's index.
fn literal_of(env: &Env, index: usize) -> Option<(&str, usize)> {
    let mut index = index;
    for _ in 0..8 {
        let entry = env.entries.get(index)?;
        let EnvSource::Literal { written, .. } = &entry.source else { return None };
        match referred(env, index, written) {
            Some(next) => index = next,
            None => return Some((written, index)),
        }
    }
    None
}

/// The entry that `$(X)` names, where the text is nothing else.
fn referred(env: &Env, owner: usize, text: &str) -> Option<usize> {
    let name = text.strip_prefix("$(")?.strip_suffix(')')?;
    let entry = env.entries.get(owner)?;
    entry
        .refers_to
        .iter()
        .copied()
        .filter(|&at| at < owner)
        .rev()
        .find(|&at| env.entries.get(at).is_some_and(|e| e.name == name))
}

/// The literal that a text of the form `$(X)` stands for.
fn expand_one<'a>(env: &'a Env, owner: usize, text: &str) -> Option<&'a str> {
    match &env.entries.get(referred(env, owner, text)?)?.source {
        EnvSource::Literal { expanded, .. } => Some(expanded),
        _ => None,
    }
}

/// What the host part of an entry's written value names.
fn authority(env: &Env, index: usize, written: &str, range: Range<usize>) -> Target {
    let text = written.get(range.clone()).unwrap_or_default();
    let mut target = Target { host_range: Some(range), ..Target::of(TargetKind::Unknown, Some(index)) };
    let mut host = text.to_string();
    let mut owner = index;
    // Each hop goes to an earlier entry, so that this ends.
    while let Some(next) = referred(env, owner, &host) {
        target.via = Some(next);
        owner = next;
        match &env.entries[next].source {
            EnvSource::Field(path) if path == "status.hostIP" => {
                target.kind = TargetKind::NodeIp;
                return target;
            }
            EnvSource::Literal { written, .. } => host = written.clone(),
            _ => return target,
        }
    }
    if host.contains("$(") {
        let Some(expanded) = substitute(env, owner, &host) else { return target };
        host = expanded;
    }
    let (kind, host) = classify(&host);
    target.kind = kind;
    target.host = host;
    target
}

/// A text with every `$(X)` replaced by the literal it stands for; none where one is not known.
fn substitute(env: &Env, owner: usize, text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("$(") {
        let (before, reference) = rest.split_at(at);
        let end = reference.find(')')?;
        out.push_str(before);
        out.push_str(expand_one(env, owner, reference.get(..=end)?)?);
        rest = reference.get(end + 1..)?;
    }
    out.push_str(rest);
    (!out.contains("$(")).then_some(out)
}

/// What a host is.
fn classify(host: &str) -> (TargetKind, Option<String>) {
    let host = host.trim();
    let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        let loopback = address.is_loopback() || address.is_unspecified();
        let kind = if loopback { TargetKind::Loopback } else { TargetKind::Address };
        return (kind, Some(bare.to_string()));
    }
    if host.eq_ignore_ascii_case("localhost") {
        return (TargetKind::Loopback, Some(host.to_string()));
    }
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() || is_placeholder(host) || !host.chars().all(name) {
        return (TargetKind::Unknown, None);
    }
    (TargetKind::Name, Some(host.to_string()))
}

/// Host and port of an authority; user information is no part of the host.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some(end) = authority.strip_prefix('[').and_then(|_| authority.find(']')) {
        let (host, rest) = authority.split_at(end + 1);
        return (host, rest.strip_prefix(':'));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// The container names DogStatsD itself; `DD_AGENT_HOST` alone does not prove that it sends metrics.
pub(crate) fn names_dogstatsd(env: &Env) -> bool {
    env.entries.iter().any(|entry| {
        entry.name.starts_with("DD_DOGSTATSD_")
            || entry.name.starts_with("STATSD_")
            || (entry.name == "DD_RUNTIME_METRICS_ENABLED" && truthy(entry))
    })
}

/// Tracing is switched off.
pub(crate) fn tracing_off(env: &Env) -> bool {
    ["DD_TRACE_ENABLED", "DD_APM_TRACING_ENABLED"].iter().any(|name| {
        env.literal(name).is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "false" | "0"))
    })
}

/// The entry is a literal that Datadog's software takes for true.
pub(crate) fn truthy(entry: &EnvEntry) -> bool {
    matches!(&entry.source, EnvSource::Literal { expanded, .. } if is_true(expanded))
}

/// A text that Datadog's software takes for true.
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "t" | "yes")
}

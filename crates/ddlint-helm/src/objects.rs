//! What templates see beside the values: `.Chart`, `.Capabilities`, `.Files` and the objects in them.
//!
//! Origins are made when an object is made, because its fields are read without the table of origins.
//!
//! Deliberately absent: `.Release`, `.Template`, `.Subcharts`; these are plain maps (see `render`).

use crate::HelmDialect;
use crate::chart::{Chart, ChartFile, Dependency, ImportValue, Maintainer, Metadata};
use crate::coalesce::empty_map;
use crate::encode;
use crate::glob::Glob;
use crate::origin::{Leaf, OriginId, OriginTable};
use crate::text::Text;
use crate::value::{Data, Entry, List, ListKind, Map, MapKind, Object, Value};
use bytes::Bytes;
use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A Go struct: named fields, of which some have a name in JSON, and methods without arguments.
#[derive(Debug)]
pub(crate) struct GoStruct {
    pub(crate) type_name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) fields: Vec<Field>,
    /// Methods without arguments.
    pub(crate) methods: Vec<(&'static str, Value)>,
    /// What `print` shows where the type prints itself.
    pub(crate) shown: Option<Text>,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) json: &'static str,
    pub(crate) keep_empty: bool,
    pub(crate) value: Value,
}

impl GoStruct {
    pub(crate) fn into_value(self) -> Value {
        Value::plain(Data::Object(Rc::new(self)))
    }
}

impl Object for GoStruct {
    fn type_name(&self) -> &'static str {
        self.type_name
    }
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn field(&self, name: &str) -> Option<Value> {
        let method = self.methods.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        method.or_else(|| self.fields.iter().find(|f| f.name == name).map(|f| f.value.clone()))
    }
    fn print(&self) -> Vec<u8> {
        if let Some(text) = &self.shown {
            return text.bytes().to_vec();
        }
        let mut out = if self.kind == "ptr" { b"&{".to_vec() } else { b"{".to_vec() };
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            print_value(&field.value, &mut out);
        }
        out.push(b'}');
        out
    }
    fn encode(&self) -> Value {
        let map = empty_map();
        for field in &self.fields {
            if field.keep_empty || field.value.truth() {
                map.set(field.json.as_bytes(), OriginId::NONE, field.value.clone());
            }
        }
        Value::plain(Data::Map(map))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn print_value(value: &Value, out: &mut Vec<u8>) {
    match &value.data {
        Data::Str(text) => out.extend_from_slice(text.bytes()),
        Data::Bool(b) => out.extend_from_slice(b.to_string().as_bytes()),
        Data::Int(i) | Data::Int64(i) => out.extend_from_slice(i.to_string().as_bytes()),
        Data::Float(f) => out.extend_from_slice(crate::fmt::float(*f).as_bytes()),
        Data::Nil => out.extend_from_slice(b"<nil>"),
        Data::List(list) => {
            out.push(b'[');
            for (index, item) in list.items.borrow().iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                print_value(item, out);
            }
            out.push(b']');
        }
        Data::Map(map) => {
            out.extend_from_slice(b"map[");
            for (index, (key, entry)) in map.entries.borrow().iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                out.extend_from_slice(key);
                out.push(b':');
                print_value(&entry.value, out);
            }
            out.push(b']');
        }
        Data::Object(object) => out.extend_from_slice(&object.print()),
    }
}

// --- .Capabilities

/// The version of a cluster, as templates see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KubeVersion {
    /// For example `v1.34.0`; Helm 4 keeps what follows the patch number.
    pub version: String,
    /// The version without suffix, which constraints are checked against.
    pub normalized: String,
    /// The major number.
    pub major: String,
    /// The minor number.
    pub minor: String,
}

impl KubeVersion {
    /// Reads a version as `--kube-version` does: two or three numbers, an optional `v`, and a suffix that only
    /// Helm 4 keeps.
    pub fn parse(text: &str, dialect: HelmDialect) -> Result<KubeVersion, String> {
        let wrong = || format!("could not parse {text:?} as version");
        let trimmed = text.trim_start();
        let numbers = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
        let mut parts: Vec<u32> = Vec::new();
        for (index, part) in numbers.get(..end).unwrap_or("").split('.').enumerate() {
            if part.is_empty() && index > 0 {
                break;
            }
            if index == 0 && part.starts_with('0') && part != "0" {
                return Err(wrong());
            }
            parts.push(part.parse().map_err(|_| wrong())?);
        }
        let (Some(major), Some(minor)) = (parts.first(), parts.get(1)) else { return Err(wrong()) };
        let (major, minor) = (major.to_string(), minor.to_string());
        let normalized = format!("v{}", parts.iter().map(u32::to_string).collect::<Vec<_>>().join("."));
        let version = match dialect {
            HelmDialect::V3 => normalized.clone(),
            HelmDialect::V4 if text.starts_with('v') => text.to_string(),
            HelmDialect::V4 => format!("v{text}"),
        };
        Ok(KubeVersion { version, normalized, major, minor })
    }
}

const V3_API_VERSIONS: &str = include_str!("../data/apiversions-helm3.19-clientgo0.34.txt");
const V4_API_VERSIONS: &str = include_str!("../data/apiversions-helm4.2-clientgo0.36.txt");

/// The API versions that Helm assumes without a cluster.
pub fn default_api_versions(dialect: HelmDialect) -> impl Iterator<Item = &'static str> {
    match dialect {
        HelmDialect::V3 => V3_API_VERSIONS,
        HelmDialect::V4 => V4_API_VERSIONS,
    }
    .lines()
    .filter(|line| !line.is_empty())
}

/// `.Capabilities.APIVersions`
#[derive(Debug)]
struct ApiVersions {
    names: Vec<String>,
    origin: OriginId,
}

impl Object for ApiVersions {
    fn type_name(&self) -> &'static str {
        "chartutil.VersionSet"
    }
    fn kind(&self) -> &'static str {
        "slice"
    }
    fn field(&self, _name: &str) -> Option<Value> {
        None
    }
    fn call(&self, method: &str, args: &[Value]) -> Option<Result<Value, String>> {
        if method != "Has" {
            return None;
        }
        Some(match args {
            [arg] => match arg.as_text() {
                Some(text) => {
                    let has = self.names.iter().any(|name| name.as_bytes() == text.bytes());
                    Ok(Value::bool(has, self.origin))
                }
                None => Err(format!("wrong type for value; expected string; got {}", arg.data.type_name())),
            },
            _ => Err(format!("wrong number of args for Has: want 1 got {}", args.len())),
        })
    }
    fn print(&self) -> Vec<u8> {
        format!("[{}]", self.names.join(" ")).into_bytes()
    }
    fn encode(&self) -> Value {
        let items = self.names.iter().map(|name| Value::str(name, self.origin)).collect();
        Value { data: Data::List(List::new(items, ListKind::Strings)), origin: self.origin }
    }
    fn truth(&self) -> bool {
        !self.names.is_empty()
    }
    fn as_container(&self) -> Option<Value> {
        Some(self.encode())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities`
pub(crate) fn capabilities(
    kube: &KubeVersion,
    more_api_versions: &[String],
    dialect: HelmDialect,
    table: &mut OriginTable,
) -> Value {
    let mut leaf = |name: &str| table.leaf(|| Leaf::Capabilities(Arc::from(name)));
    let version = leaf("KubeVersion.Version");
    let (major, minor) = (leaf("KubeVersion.Major"), leaf("KubeVersion.Minor"));
    let (apis, helm) = (leaf("APIVersions"), leaf("HelmVersion"));
    let text = |text: &str, origin| Value::str(text, origin);
    let field = |name, value| Field { name, json: name, keep_empty: true, value };
    let kube_version = GoStruct {
        type_name: if dialect == HelmDialect::V3 { "chartutil.KubeVersion" } else { "common.KubeVersion" },
        kind: "struct",
        fields: vec![
            field("Version", text(&kube.version, version)),
            field("Major", text(&kube.major, major)),
            field("Minor", text(&kube.minor, minor)),
        ],
        methods: vec![
            ("String", text(&kube.normalized, version)),
            ("GitVersion", text(&kube.version, version)),
        ],
        shown: Some(Text::new(kube.normalized.as_bytes().to_vec(), version)),
    };
    let names =
        default_api_versions(dialect).map(str::to_string).chain(more_api_versions.iter().cloned()).collect();
    let build = |name, json, value: &str| Field { name, json, keep_empty: false, value: text(value, helm) };
    let (helm_version, go) = match dialect {
        HelmDialect::V3 => ("v3.19.0", "go1.24.7"),
        HelmDialect::V4 => ("v4.2.4", "go1.26.0"),
    };
    let mut build_fields = vec![
        build("Version", "version", helm_version),
        build("GitCommit", "git_commit", ""),
        build("GitTreeState", "git_tree_state", ""),
        build("GoVersion", "go_version", go),
    ];
    if dialect == HelmDialect::V4 {
        build_fields.push(build("KubeClientVersion", "-", "v1.36"));
    }
    let info = GoStruct {
        type_name: "version.BuildInfo",
        kind: "struct",
        fields: build_fields,
        methods: Vec::new(),
        shown: None,
    };
    GoStruct {
        type_name: if dialect == HelmDialect::V3 {
            "*chartutil.Capabilities"
        } else {
            "*common.Capabilities"
        },
        kind: "ptr",
        fields: vec![
            field("KubeVersion", kube_version.into_value()),
            field("APIVersions", Value::plain(Data::Object(Rc::new(ApiVersions { names, origin: apis })))),
            field("HelmVersion", info.into_value()),
        ],
        methods: Vec::new(),
        shown: None,
    }
    .into_value()
}

// --- .Chart

struct ChartOrigins<'t> {
    table: &'t mut OriginTable,
    v4: bool,
}

impl ChartOrigins<'_> {
    fn leaf(&mut self, name: &str) -> OriginId {
        self.table.leaf(|| Leaf::Chart(Arc::from(name)))
    }
    fn text(&mut self, field: &str, value: &str) -> Value {
        let origin = self.leaf(field);
        Value::str(value, origin)
    }
    fn texts(&mut self, field: &str, values: &[String]) -> Value {
        let origin = self.leaf(field);
        let items = values.iter().map(|v| Value::str(v, origin)).collect();
        let kind = if self.v4 { ListKind::Any } else { ListKind::Strings };
        Value { data: Data::List(List::new(items, kind)), origin }
    }
    fn list(&mut self, field: &str, items: Vec<Value>) -> Value {
        let origin = self.leaf(field);
        Value { data: Data::List(List::new(items, ListKind::Any)), origin }
    }
    fn flag(&mut self, field: &str, value: bool) -> Value {
        let origin = self.leaf(field);
        Value::bool(value, origin)
    }
    /// A struct for Helm 3, a map of the fields' Go names for Helm 4.
    fn record(&mut self, type_name: &'static str, kind: &'static str, fields: Vec<Field>) -> Value {
        if !self.v4 {
            return GoStruct { type_name, kind, fields, methods: Vec::new(), shown: None }.into_value();
        }
        let map = empty_map();
        for field in fields {
            map.set(field.name.as_bytes(), OriginId::NONE, field.value);
        }
        Value::plain(Data::Map(map))
    }
}

/// `.Chart`
pub(crate) fn chart_metadata(
    chart: &Chart,
    name: &str,
    dependencies: Option<&[Dependency]>,
    is_root: bool,
    dialect: HelmDialect,
    table: &mut OriginTable,
) -> Value {
    let mut at = ChartOrigins { table, v4: dialect == HelmDialect::V4 };
    let Metadata {
        home,
        sources,
        version,
        description,
        keywords,
        maintainers,
        icon,
        api_version,
        condition,
        tags,
        app_version,
        deprecated,
        annotations,
        kube_version,
        chart_type,
        ..
    } = &chart.metadata;
    let maintainers = maintainers.iter().map(|m| maintainer(m, &mut at)).collect();
    let dependencies = dependencies.unwrap_or_default().iter().map(|d| dependency(d, &mut at)).collect();
    let notes_origin = at.leaf("Annotations");
    let notes: BTreeMap<Rc<[u8]>, Entry> = annotations
        .iter()
        .map(|(k, v)| {
            (Rc::from(k.as_bytes()), Entry { key_origin: notes_origin, value: Value::str(v, notes_origin) })
        })
        .collect();
    let notes = Value { data: Data::Map(Map::new(notes, MapKind::Strings)), origin: notes_origin };
    let field = |name, json, value| Field { name, json, keep_empty: false, value };
    let mut fields = vec![
        field("Name", "name", at.text("Name", name)),
        field("Home", "home", at.text("Home", home)),
        field("Sources", "sources", at.texts("Sources", sources)),
        field("Version", "version", at.text("Version", version)),
        field("Description", "description", at.text("Description", description)),
        field("Keywords", "keywords", at.texts("Keywords", keywords)),
        field("Maintainers", "maintainers", at.list("Maintainers", maintainers)),
        field("Icon", "icon", at.text("Icon", icon)),
        field("APIVersion", "apiVersion", at.text("APIVersion", api_version)),
        field("Condition", "condition", at.text("Condition", condition)),
        field("Tags", "tags", at.text("Tags", tags)),
        field("AppVersion", "appVersion", at.text("AppVersion", app_version)),
        field("Deprecated", "deprecated", at.flag("Deprecated", *deprecated)),
        field("Annotations", "annotations", notes),
        field("KubeVersion", "kubeVersion", at.text("KubeVersion", kube_version)),
        field("Dependencies", "dependencies", at.list("Dependencies", dependencies)),
        field("Type", "type", at.text("Type", chart_type)),
    ];
    fields.push(Field { keep_empty: true, ..field("IsRoot", "IsRoot", at.flag("IsRoot", is_root)) });
    at.record("struct { chart.Metadata; IsRoot bool }", "struct", fields)
}

fn maintainer(m: &Maintainer, at: &mut ChartOrigins<'_>) -> Value {
    let mut field = |name, json, value: &str| Field {
        name,
        json,
        keep_empty: false,
        value: at.text("Maintainers", value),
    };
    let fields =
        vec![field("Name", "name", &m.name), field("Email", "email", &m.email), field("URL", "url", &m.url)];
    at.record("*chart.Maintainer", "ptr", fields)
}

fn dependency(d: &Dependency, at: &mut ChartOrigins<'_>) -> Value {
    const AT: &str = "Dependencies";
    let imports = d.import_values.iter().map(|import| match import {
        ImportValue::Export(name) => (format!("exports.{name}"), ".".to_string()),
        ImportValue::Table { child, parent } => (child.clone(), parent.clone()),
    });
    let mut import_maps = Vec::new();
    for (child, parent) in imports {
        let map = Map::new(BTreeMap::new(), MapKind::Strings);
        map.set(b"child", OriginId::NONE, at.text(AT, &child));
        map.set(b"parent", OriginId::NONE, at.text(AT, &parent));
        import_maps.push(Value::plain(Data::Map(map)));
    }
    let field = |name, json, keep_empty, value| Field { name, json, keep_empty, value };
    let fields = vec![
        field("Name", "name", true, at.text(AT, &d.name)),
        field("Version", "version", false, at.text(AT, &d.version)),
        field("Repository", "repository", true, at.text(AT, &d.repository)),
        field("Condition", "condition", false, at.text(AT, &d.condition)),
        field("Tags", "tags", false, at.texts(AT, &d.tags)),
        field("Enabled", "enabled", false, at.flag(AT, d.enabled)),
        field("ImportValues", "import-values", false, at.list(AT, import_maps)),
        field("Alias", "alias", false, at.text(AT, &d.alias)),
    ];
    at.record("*chart.Dependency", "ptr", fields)
}

// --- .Files

/// `.Files`, also what its `Glob` gives.
#[derive(Debug)]
struct Files {
    files: BTreeMap<Arc<str>, (Bytes, OriginId)>,
}

/// `.Files` of a chart.
pub(crate) fn files(files: &[ChartFile], table: &mut OriginTable) -> Value {
    let files = files
        .iter()
        .map(|f| (f.name.clone(), (f.data.bytes(), table.leaf(|| Leaf::File(f.file.clone())))))
        .collect();
    Value::plain(Data::Object(Rc::new(Files { files })))
}

impl Files {
    fn text(&self, name: &str) -> Text {
        self.files.get(name).map_or_else(Text::empty, |(data, origin)| Text::new(data.to_vec(), *origin))
    }
    fn bytes(&self, name: &str) -> Value {
        let (data, origin) = match self.files.get(name) {
            Some((data, origin)) => (&data[..], *origin),
            None => (&[][..], OriginId::NONE),
        };
        let items = data.iter().map(|b| Value { data: Data::Int(i64::from(*b)), origin }).collect();
        Value { data: Data::List(List::new(items, ListKind::Bytes)), origin }
    }
    fn glob(&self, pattern: &str) -> Value {
        let glob = Glob::parse(pattern).unwrap_or_else(Glob::everything);
        let files = self.files.iter().filter(|(name, _)| glob.matches(name));
        Value::plain(Data::Object(Rc::new(Files {
            files: files.map(|(n, f)| (n.clone(), f.clone())).collect(),
        })))
    }
    fn lines(&self, name: &str) -> Value {
        let mut items = Vec::new();
        if let Some((data, origin)) = self.files.get(name) {
            let data = data.strip_suffix(b"\n").unwrap_or(data);
            items = data.split(|b| *b == b'\n').map(|line| Value::str(line, *origin)).collect();
        }
        Value::plain(Data::List(List::new(items, ListKind::Strings)))
    }
    /// The files by their last names, as YAML; `encode` makes the text of each.
    fn flat(&self, encode: impl Fn(&[u8]) -> Vec<u8>) -> Value {
        let map = Map::new(BTreeMap::new(), MapKind::Strings);
        for (name, (data, origin)) in &self.files {
            let base = name.rsplit('/').next().unwrap_or(name);
            map.set(base.as_bytes(), *origin, Value::string(Text::new(encode(data), *origin)));
        }
        Value::string(encode::to_yaml(&Value::plain(Data::Map(map))))
    }
    fn method(&self, name: &str, args: &[Value]) -> Option<Result<Value, String>> {
        let wanted = match name {
            "AsConfig" | "AsSecrets" => 0,
            "Get" | "GetBytes" | "Glob" | "Lines" => 1,
            _ => return None,
        };
        if args.len() != wanted {
            return Some(Err(format!("wrong number of args for {name}: want {wanted} got {}", args.len())));
        }
        let argument = match args.first() {
            None => String::new(),
            Some(arg) => match arg.as_text() {
                Some(text) => text.to_str_lossy().into_owned(),
                None => {
                    let got = arg.data.type_name();
                    return Some(Err(format!("wrong type for value; expected string; got {got}")));
                }
            },
        };
        Some(Ok(match name {
            "AsConfig" => self.flat(<[u8]>::to_vec),
            "AsSecrets" => self.flat(|data| crate::json::base64(data).into_bytes()),
            "Get" => Value::string(self.text(&argument)),
            "GetBytes" => self.bytes(&argument),
            "Glob" => self.glob(&argument),
            _ => self.lines(&argument),
        }))
    }
}

impl Object for Files {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }
    fn kind(&self) -> &'static str {
        "map"
    }
    fn field(&self, name: &str) -> Option<Value> {
        match self.method(name, &[]) {
            Some(Ok(value)) => Some(value),
            Some(Err(_)) => None,
            None => Some(self.bytes(name)),
        }
    }
    fn call(&self, method: &str, args: &[Value]) -> Option<Result<Value, String>> {
        self.method(method, args)
    }
    fn print(&self) -> Vec<u8> {
        let mut out = b"map[".to_vec();
        for (index, name) in self.files.keys().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            print_value(&self.bytes(name), &mut out);
        }
        out.push(b']');
        out
    }
    fn encode(&self) -> Value {
        let map = Map::new(BTreeMap::new(), MapKind::Strings);
        for (name, (data, origin)) in &self.files {
            let text = crate::json::base64(data);
            map.set(name.as_bytes(), *origin, Value::str(text, *origin));
        }
        Value::plain(Data::Map(map))
    }
    fn truth(&self) -> bool {
        !self.files.is_empty()
    }
    fn as_container(&self) -> Option<Value> {
        let map = empty_map();
        for (name, (_, origin)) in &self.files {
            map.set(name.as_bytes(), *origin, self.bytes(name));
        }
        Some(Value::plain(Data::Map(map)))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

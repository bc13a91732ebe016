//! `Chart.yaml` and `requirements.yaml`, read as Helm reads them: into fields of fixed types, with scalars of
//! another type turned into text where text is wanted (`version: 1` is "1").
//!
//! Deliberately absent: what templates see as `.Chart` (see `objects`).

use ddlint_yaml::{Node, Scalar, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A person or group behind a chart.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Maintainer {
    /// `name`
    pub name: String,
    /// `email`
    pub email: String,
    /// `url`
    pub url: String,
}

/// An entry of `import-values`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportValue {
    /// A name below `exports` of the child.
    Export(String),
    /// A table of the child, to be put at a path of the parent.
    Table {
        /// The path in the child.
        child: String,
        /// The path in the parent.
        parent: String,
    },
}

/// A declared dependency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dependency {
    /// The chart's own name.
    pub name: String,
    /// The range of versions.
    pub version: String,
    /// Where it is fetched from.
    pub repository: String,
    /// Paths of values that switch it, separated by commas.
    pub condition: String,
    /// Tags that switch it.
    pub tags: Vec<String>,
    /// Whether it takes part; decided by the values.
    pub enabled: bool,
    /// Values of the child that the parent takes over.
    pub import_values: Vec<ImportValue>,
    /// The name under which it takes part.
    pub alias: String,
    /// The file that declares it.
    pub file: Option<Arc<str>>,
    /// Where it is declared.
    pub span: Option<Span>,
}

/// The fields of `Chart.yaml`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metadata {
    /// `name`
    pub name: String,
    /// `home`
    pub home: String,
    /// `sources`
    pub sources: Vec<String>,
    /// `version`
    pub version: String,
    /// `description`
    pub description: String,
    /// `keywords`
    pub keywords: Vec<String>,
    /// `maintainers`
    pub maintainers: Vec<Maintainer>,
    /// `icon`
    pub icon: String,
    /// `apiVersion`
    pub api_version: String,
    /// `condition`
    pub condition: String,
    /// `tags`
    pub tags: String,
    /// `appVersion`
    pub app_version: String,
    /// `deprecated`
    pub deprecated: bool,
    /// `annotations`
    pub annotations: BTreeMap<String, String>,
    /// `kubeVersion`
    pub kube_version: String,
    /// `dependencies`; none where the key is missing, which Helm tells apart from an empty list.
    pub dependencies: Option<Vec<Dependency>>,
    /// `type`
    pub chart_type: String,
    /// Where `name` stands in `Chart.yaml`.
    pub name_span: Option<Span>,
    /// Where `version` stands in `Chart.yaml`.
    pub version_span: Option<Span>,
    /// Where `kubeVersion` stands in `Chart.yaml`.
    pub kube_version_span: Option<Span>,
}

/// What is wrong with a metadata file, and where.
pub(crate) type Wrong = (String, Option<Span>);

/// A member by its JSON name: exact first, then whatever the case, as Go's decoder finds it.
fn field<'a>(node: Node<'a>, name: &str) -> Option<Node<'a>> {
    node.get(name).or_else(|| {
        node.effective_entries()
            .into_iter()
            .rev()
            .find(|(key, ..)| key.eq_ignore_ascii_case(name))
            .map(|(_, _, value)| value)
    })
}

fn unfit<T>(node: Node<'_>, path: &str, wanted: &str) -> Result<T, Wrong> {
    let got = match node.scalar() {
        _ if node.is_mapping() => "object",
        _ if node.is_sequence() => "array",
        Some(Scalar::Bool(_)) => "bool",
        Some(Scalar::Int(_) | Scalar::Float(_)) => "number",
        _ => "string",
    };
    Err((
        format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {got} into Go struct field {path} of type {wanted}"
        ),
        Some(node.span()),
    ))
}

/// A scalar as text; none for null.
pub(crate) fn scalar_text(node: Node<'_>) -> Option<String> {
    match node.scalar()? {
        Scalar::Null => None,
        Scalar::Bool(b) => Some(b.to_string()),
        Scalar::Int(i) => Some(i.to_string()),
        Scalar::Float(f) => Some(crate::fmt::float(f)),
        Scalar::Str(s) => Some(s.to_string()),
    }
}

fn text(node: Node<'_>, name: &str, of: &str, into: &mut String) -> Result<(), Wrong> {
    let Some(value) = field(node, name) else { return Ok(()) };
    if !value.is_scalar() {
        return unfit(value, &format!("{of}.{name}"), "string");
    }
    if let Some(text) = scalar_text(value) {
        *into = text;
    }
    Ok(())
}

fn texts(node: Node<'_>, name: &str, of: &str, into: &mut Vec<String>) -> Result<(), Wrong> {
    let Some(value) = field(node, name) else { return Ok(()) };
    if value.is_null() {
        into.clear();
        return Ok(());
    }
    if !value.is_sequence() {
        return unfit(value, &format!("{of}.{name}"), "[]string");
    }
    let mut out = Vec::new();
    for item in value.items() {
        if !item.resolved().is_scalar() {
            return unfit(item, &format!("{of}.{name}"), "string");
        }
        out.push(scalar_text(item).unwrap_or_default());
    }
    *into = out;
    Ok(())
}

fn flag(node: Node<'_>, name: &str, of: &str, into: &mut bool) -> Result<(), Wrong> {
    let Some(value) = field(node, name) else { return Ok(()) };
    match value.as_bool() {
        Some(flag) => *into = flag,
        None if value.is_null() => {}
        None => return unfit(value, &format!("{of}.{name}"), "bool"),
    }
    Ok(())
}

impl Metadata {
    /// Reads the fields of one document over those that are there already.
    pub(crate) fn decode(&mut self, node: Node<'_>, file: &Arc<str>) -> Result<(), Wrong> {
        if node.is_null() {
            return Ok(());
        }
        if !node.is_mapping() {
            return unfit(node, "", "chart.Metadata");
        }
        const OF: &str = "Metadata";
        text(node, "name", OF, &mut self.name)?;
        text(node, "home", OF, &mut self.home)?;
        texts(node, "sources", OF, &mut self.sources)?;
        text(node, "version", OF, &mut self.version)?;
        text(node, "description", OF, &mut self.description)?;
        texts(node, "keywords", OF, &mut self.keywords)?;
        text(node, "icon", OF, &mut self.icon)?;
        text(node, "apiVersion", OF, &mut self.api_version)?;
        text(node, "condition", OF, &mut self.condition)?;
        text(node, "tags", OF, &mut self.tags)?;
        text(node, "appVersion", OF, &mut self.app_version)?;
        text(node, "kubeVersion", OF, &mut self.kube_version)?;
        text(node, "type", OF, &mut self.chart_type)?;
        flag(node, "deprecated", OF, &mut self.deprecated)?;
        for (name, span) in [
            ("name", &mut self.name_span),
            ("version", &mut self.version_span),
            ("kubeVersion", &mut self.kube_version_span),
        ] {
            if let Some(value) = field(node, name) {
                *span = Some(value.span());
            }
        }
        self.decode_annotations(node)?;
        self.decode_maintainers(node)?;
        self.decode_dependencies(node, file)
    }

    fn decode_annotations(&mut self, node: Node<'_>) -> Result<(), Wrong> {
        let Some(value) = field(node, "annotations").filter(|v| !v.is_null()) else { return Ok(()) };
        if !value.is_mapping() {
            return unfit(value, "Metadata.annotations", "map[string]string");
        }
        for (key, _, item) in value.effective_entries() {
            if !item.resolved().is_scalar() {
                return unfit(item, "Metadata.annotations", "string");
            }
            self.annotations.insert(key, scalar_text(item).unwrap_or_default());
        }
        Ok(())
    }

    fn decode_maintainers(&mut self, node: Node<'_>) -> Result<(), Wrong> {
        let Some(value) = field(node, "maintainers").filter(|v| !v.is_null()) else { return Ok(()) };
        if !value.is_sequence() {
            return unfit(value, "Metadata.maintainers", "[]*chart.Maintainer");
        }
        self.maintainers.clear();
        for item in value.items() {
            if item.is_null() {
                return Err((
                    "validation: maintainers must not contain empty or null nodes".into(),
                    Some(item.span()),
                ));
            }
            if !item.resolved().is_mapping() {
                return unfit(item, "Metadata.maintainers", "chart.Maintainer");
            }
            let mut maintainer = Maintainer::default();
            text(item, "name", "Metadata.maintainers", &mut maintainer.name)?;
            text(item, "email", "Metadata.maintainers", &mut maintainer.email)?;
            text(item, "url", "Metadata.maintainers", &mut maintainer.url)?;
            self.maintainers.push(maintainer);
        }
        Ok(())
    }

    fn decode_dependencies(&mut self, node: Node<'_>, file: &Arc<str>) -> Result<(), Wrong> {
        let Some(value) = field(node, "dependencies") else { return Ok(()) };
        if value.is_null() {
            self.dependencies = None;
            return Ok(());
        }
        const OF: &str = "Metadata.dependencies";
        if !value.is_sequence() {
            return unfit(value, OF, "[]*chart.Dependency");
        }
        let mut out = Vec::new();
        for item in value.items() {
            if item.is_null() {
                return Err((
                    "validation: dependencies must not contain empty or null nodes".into(),
                    Some(item.span()),
                ));
            }
            if !item.resolved().is_mapping() {
                return unfit(item, OF, "chart.Dependency");
            }
            let mut dep =
                Dependency { file: Some(file.clone()), span: Some(item.span()), ..Dependency::default() };
            text(item, "name", OF, &mut dep.name)?;
            text(item, "version", OF, &mut dep.version)?;
            text(item, "repository", OF, &mut dep.repository)?;
            text(item, "condition", OF, &mut dep.condition)?;
            text(item, "alias", OF, &mut dep.alias)?;
            texts(item, "tags", OF, &mut dep.tags)?;
            flag(item, "enabled", OF, &mut dep.enabled)?;
            dep.import_values = import_values(item)?;
            out.push(dep);
        }
        self.dependencies = Some(out);
        Ok(())
    }

    /// Cleans the texts and checks them, as Helm does after loading.
    pub(crate) fn validate(&mut self) -> Result<(), Wrong> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            clean(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(clean);
        for maintainer in &mut self.maintainers {
            clean(&mut maintainer.name);
            clean(&mut maintainer.email);
            clean(&mut maintainer.url);
        }
        let wrong = |message: String, span: Option<Span>| Err((format!("validation: {message}"), span));
        if self.api_version.is_empty() {
            return wrong("chart.metadata.apiVersion is required".into(), None);
        }
        if self.name.is_empty() {
            return wrong("chart.metadata.name is required".into(), None);
        }
        if self.name.contains('/') {
            return wrong(format!("chart.metadata.name {:?} is invalid", self.name), self.name_span);
        }
        if self.version.is_empty() {
            return wrong("chart.metadata.version is required".into(), None);
        }
        if crate::semver::Version::parse(&self.version).is_err() {
            return wrong(format!("chart.metadata.version {:?} is invalid", self.version), self.version_span);
        }
        if !matches!(self.chart_type.as_str(), "" | "application" | "library") {
            return wrong("chart.metadata.type must be application or library".into(), None);
        }
        let mut seen = std::collections::BTreeSet::new();
        for dep in self.dependencies.iter_mut().flatten() {
            for text in [&mut dep.name, &mut dep.version, &mut dep.repository, &mut dep.condition] {
                clean(text);
            }
            dep.tags.iter_mut().for_each(clean);
            if !dep.alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                return wrong(
                    format!("dependency {:?} has disallowed characters in the alias", dep.name),
                    dep.span,
                );
            }
            let key = if dep.alias.is_empty() { &dep.name } else { &dep.alias };
            if !seen.insert(key.clone()) {
                return wrong(format!("more than one dependency with name or alias {key:?}"), dep.span);
            }
        }
        Ok(())
    }
}

fn import_values(dep: Node<'_>) -> Result<Vec<ImportValue>, Wrong> {
    let Some(value) = field(dep, "import-values").filter(|v| !v.is_null()) else { return Ok(Vec::new()) };
    if !value.is_sequence() {
        return unfit(value, "Metadata.dependencies.import-values", "[]interface {}");
    }
    let mut out = Vec::new();
    for item in value.items() {
        if item.resolved().is_mapping() {
            let part =
                |name: &str| item.get(name).and_then(scalar_text).unwrap_or_else(|| "<nil>".to_string());
            out.push(ImportValue::Table { child: part("child"), parent: part("parent") });
        } else if let Some(name) = item.as_str() {
            out.push(ImportValue::Export(name.to_string()));
        }
    }
    Ok(out)
}

/// Spaces of every kind become a blank, what cannot be printed goes.
fn clean(text: &mut String) {
    let keep = |c: char| match c {
        ' '..='~' => Some(c),
        c if c.is_whitespace() => Some(' '),
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => None,
        '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{fffb}' => None,
        c if c.is_control() || (c as u32) >= 0xe_0000 => None,
        c => Some(c),
    };
    if text.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
        *text = text.chars().filter_map(keep).collect();
    }
}

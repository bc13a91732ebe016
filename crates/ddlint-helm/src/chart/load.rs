//! From a map of files to a [`Chart`], with the charts inside it.
//!
//! Deliberately absent: opening files. Symbolic links are resolved, or not, by whoever reads the folder.

use super::archive::{ArchiveLimits, unpack};
use super::ignore;
use super::metadata::Metadata;
use super::{Chart, ChartError, ChartFile, FileData, PackedFiles, ValuesFile};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep charts may be nested in `charts/` folders and archives.
const MAX_DEPTH: usize = 32;

/// What all archives of a chart together may hold: an archive may hold archives, each of the largest size.
struct Unpacker<'a> {
    limits: &'a ArchiveLimits,
    left: Cell<u64>,
}

impl Unpacker<'_> {
    fn new(limits: &ArchiveLimits) -> Unpacker<'_> {
        Unpacker { limits, left: Cell::new(limits.total.saturating_mul(2)) }
    }

    fn unpack(&self, bytes: &[u8]) -> Result<PackedFiles, ChartError> {
        let limits = ArchiveLimits { total: self.limits.total.min(self.left.get()), ..*self.limits };
        let together = || ChartError::new("the archives in the chart are too large together");
        let files = unpack(bytes, &limits).map_err(|error| {
            let shortened = limits.total < self.limits.total;
            if shortened && error.message.starts_with("decompressed chart is larger") {
                together()
            } else {
                error
            }
        })?;
        // A file without content takes room too.
        let size: u64 = files.iter().map(|(name, data)| (name.len() + data.len() + 512) as u64).sum();
        match self.left.get().checked_sub(size) {
            Some(left) => self.left.set(left),
            None => return Err(together()),
        }
        Ok(files)
    }
}

/// Loads a chart folder. `files` holds everything below the folder by its path in it, `root` is the folder's own
/// name, put before the path of each file in places. `.helmignore` is honoured.
pub fn load(
    files: &BTreeMap<String, FileData>,
    root: &str,
    limits: &ArchiveLimits,
) -> Result<Chart, ChartError> {
    let rules_text = files.get(ignore::FILE).map(|data| String::from_utf8_lossy(data).into_owned());
    let rules = ignore::Rules::parse(&rules_text.unwrap_or_default())
        .map_err(|message| ChartError::new(message).in_file(&joined(root, ignore::FILE), None))?;
    let mut folders = BTreeMap::new();
    let mut kept: PackedFiles = Vec::new();
    for (name, data) in files {
        if rules.ignores(name, &mut folders) {
            continue;
        }
        if data.len() as u64 > limits.file {
            let base = name.rsplit('/').next().unwrap_or(name);
            let message = format!("chart file {base:?} is larger than the maximum file size {}", limits.file);
            return Err(ChartError::new(message).in_file(&joined(root, name), None));
        }
        kept.push((name.clone(), data.clone()));
    }
    // Helm walks folder by folder: `a/x` comes before `a-b`.
    kept.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
    from_files(kept, root, &Unpacker::new(limits), 0)
}

/// Loads a packed chart. `root` is the archive's own name, put before the path of each file in places.
pub fn load_packed(bytes: &[u8], root: &str, limits: &ArchiveLimits) -> Result<Chart, ChartError> {
    let unpacker = Unpacker::new(limits);
    let files = unpacker.unpack(bytes).map_err(|e| e.in_file(&Arc::from(root), None))?;
    from_files(files, root, &unpacker, 0)
}

fn joined(root: &str, name: &str) -> Arc<str> {
    if root.is_empty() { Arc::from(name) } else { Arc::from(format!("{root}/{name}")) }
}

fn without_mark(data: &FileData) -> FileData {
    match data.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        Some(rest) => FileData::from(rest),
        None => data.clone(),
    }
}

fn from_files(
    files: PackedFiles,
    root: &str,
    unpacker: &Unpacker<'_>,
    depth: usize,
) -> Result<Chart, ChartError> {
    if depth > MAX_DEPTH {
        return Err(ChartError::new(format!("charts are nested deeper than {MAX_DEPTH}")));
    }
    let mut loader =
        Loader { root, found: false, v1: false, metadata: Metadata::default(), warnings: Vec::new() };
    for (name, data) in &files {
        if name == "Chart.yaml" {
            loader.metadata_file(name, data)?;
            loader.found = true;
            if loader.metadata.api_version.is_empty() {
                loader.metadata.api_version = "v1".to_string();
            }
        }
    }
    loader.v1 = loader.metadata.api_version == "v1";
    let mut values = None;
    let mut schema = None;
    let mut templates = Vec::new();
    let mut others = Vec::new();
    let mut inner: BTreeMap<String, PackedFiles> = BTreeMap::new();
    for (name, data) in files {
        let file = |data: &FileData| ChartFile {
            name: Arc::from(name.as_str()),
            file: joined(root, &name),
            data: without_mark(data),
        };
        match name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => loader.check_yaml(&name, &data)?,
            "values.yaml" => values = Some(loader.values_file(&name, &data)?),
            "values.schema.json" => schema = Some(file(&data)),
            "requirements.yaml" => {
                loader.found = true;
                loader.metadata_file(&name, &data)?;
                if loader.v1 {
                    others.push(file(&data));
                } else {
                    loader.warn("Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.");
                }
            }
            "requirements.lock" => {
                loader.check_yaml(&name, &data)?;
                if loader.v1 {
                    others.push(file(&data));
                }
            }
            _ if name.starts_with("templates/") => templates.push(file(&data)),
            _ => match name.strip_prefix("charts/") {
                None => others.push(file(&data)),
                Some(_) if extension(&name) == Some("prov") => others.push(file(&data)),
                Some(rest) => {
                    let chart = rest.split('/').next().unwrap_or(rest).to_string();
                    inner.entry(chart).or_default().push((rest.to_string(), data));
                }
            },
        }
    }
    if !loader.found {
        return Err(ChartError::new("Chart.yaml file is missing").in_file(&joined(root, "Chart.yaml"), None));
    }
    let file = joined(root, "Chart.yaml");
    loader.metadata.validate().map_err(|(message, span)| ChartError::new(message).in_file(&file, span))?;
    let charts = subcharts(inner, &loader.metadata.name, root, unpacker, depth)?;
    let Loader { metadata, warnings, .. } = loader;
    Ok(Chart { metadata, file, values, schema, templates, files: others, charts, warnings })
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit('/').next()?.rsplit_once('.').map(|(_, ext)| ext)
}

fn subcharts(
    inner: BTreeMap<String, PackedFiles>,
    parent: &str,
    root: &str,
    unpacker: &Unpacker<'_>,
    depth: usize,
) -> Result<Vec<Arc<Chart>>, ChartError> {
    let mut out = Vec::new();
    for (name, files) in inner {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let place = joined(root, &format!("charts/{name}"));
        let wrap = |e: ChartError| {
            let message = format!("error unpacking subchart {name} in {parent}: {}", e.message);
            ChartError { message, ..e }.in_file(&place, None)
        };
        let chart = if extension(&name) == Some("tgz") {
            match files.first() {
                Some((file, data)) if *file == name => {
                    let files = unpacker.unpack(data).map_err(wrap)?;
                    from_files(files, &place, unpacker, depth + 1).map_err(wrap)?
                }
                other => {
                    let got = other.map_or("", |(file, _)| file.as_str());
                    let message =
                        format!("error unpacking subchart tar in {parent}: expected {name}, got {got}");
                    return Err(ChartError::new(message).in_file(&place, None));
                }
            }
        } else {
            let files = files
                .into_iter()
                .filter_map(|(file, data)| file.split_once('/').map(|(_, rest)| (rest.to_string(), data)))
                .collect();
            from_files(files, &place, unpacker, depth + 1).map_err(wrap)?
        };
        out.push(Arc::new(chart));
    }
    Ok(out)
}

struct Loader<'a> {
    root: &'a str,
    found: bool,
    v1: bool,
    metadata: Metadata,
    warnings: Vec<String>,
}

impl Loader<'_> {
    fn warn(&mut self, message: &str) {
        self.warnings.push(format!("Warning: {message}"));
    }

    fn stream(&self, name: &str, data: &FileData) -> Result<Arc<ddlint_yaml::Stream>, ChartError> {
        let file = joined(self.root, name);
        let Some(text) = data.text() else {
            let at = std::str::from_utf8(data).map_or_else(|error| error.valid_up_to(), str::len) as u32;
            let message = format!("cannot load {name}: error converting YAML to JSON: yaml: invalid UTF-8");
            let span = ddlint_yaml::Span { start: at, end: at + 1 };
            return Err(ChartError::new(message).in_file(&file, Some(span)));
        };
        let stream = ddlint_yaml::parse(text);
        match crate::yaml_in::first_document(&stream) {
            Ok(_) => Ok(Arc::new(stream)),
            Err(wrong) => {
                let message =
                    format!("cannot load {name}: error converting YAML to JSON: yaml: {}", wrong.message);
                Err(ChartError::new(message).in_file(&file, wrong.span))
            }
        }
    }

    fn check_yaml(&self, name: &str, data: &FileData) -> Result<(), ChartError> {
        self.stream(name, data).map(|_| ())
    }

    fn metadata_file(&mut self, name: &str, data: &FileData) -> Result<(), ChartError> {
        let stream = self.stream(name, data)?;
        let file = joined(self.root, name);
        let document = crate::yaml_in::first_document(&stream).ok().flatten();
        let Some(node) = document.and_then(|d| d.root()) else { return Ok(()) };
        self.metadata.decode(node, &file).map_err(|(message, span)| {
            let message = if message.starts_with("validation") {
                message
            } else {
                format!("cannot load {name}: {message}")
            };
            ChartError::new(message).in_file(&file, span)
        })
    }

    fn values_file(&self, name: &str, data: &FileData) -> Result<ValuesFile, ChartError> {
        let stream = self.stream(name, data)?;
        Ok(ValuesFile { file: joined(self.root, name), stream })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::archive::pack;

    fn files(list: &[(&str, &[u8])]) -> BTreeMap<String, FileData> {
        list.iter().map(|(name, data)| (name.to_string(), FileData::from(*data))).collect()
    }

    fn loaded(list: &[(&str, &[u8])]) -> Result<Chart, String> {
        load(&files(list), "root", &ArchiveLimits::default()).map_err(|e| e.message)
    }

    const CHART: &[u8] = b"apiVersion: v2\nname: a\nversion: 1.10\nappVersion: 1.10\n";

    #[test]
    fn files_go_where_helm_puts_them() {
        let packed = pack(&[
            ("b/Chart.yaml", b"apiVersion: v2\nname: b\nversion: 1.2.3\n"),
            ("b/values.yaml", b"x: 1"),
        ]);
        let chart = loaded(&[
            ("Chart.yaml", CHART),
            ("values.yaml", b"a: 1\n"),
            ("README.md", b"hi"),
            ("crds/x.yaml", b"crd"),
            (".helmignore", b"*.bak\n"),
            ("templates/a.yaml", b"\xEF\xBB\xBFa"),
            ("templates/a.bak", b"a"),
            ("templates/.b", b"a"),
            ("charts/b-1.2.3.tgz", &packed),
            ("charts/c/Chart.yaml", b"name: c\nversion: v1\n"),
            ("charts/c/templates/t.yaml", b"t"),
            ("charts/_d/Chart.yaml", b"]["),
        ])
        .expect("loads");
        let names = |files: &[ChartFile]| files.iter().map(|f| f.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(&chart.templates), ["templates/a.yaml"]);
        assert_eq!(names(&chart.files), [".helmignore", "README.md", "crds/x.yaml"]);
        assert_eq!(&*chart.templates[0].data, b"a");
        assert_eq!((chart.metadata.version.as_str(), chart.metadata.app_version.as_str()), ("1.1", "1.1"));
        let inner: Vec<_> = chart.charts.iter().map(|c| (c.metadata.name.as_str(), &*c.file)).collect();
        assert_eq!(inner, [("b", "root/charts/b-1.2.3.tgz/Chart.yaml"), ("c", "root/charts/c/Chart.yaml")]);
        assert_eq!(chart.charts[1].metadata.api_version, "v1");
    }

    #[test]
    fn archives_in_archives_have_one_limit_together() {
        let limits = ArchiveLimits { total: 20_000, ..ArchiveLimits::default() };
        let zeros = [0u8; 10_000];
        let inner = pack(&[("b/Chart.yaml", CHART), ("b/zeros", &zeros)]);
        let names = ["charts/1.tgz", "charts/2.tgz", "charts/3.tgz", "charts/4.tgz"];
        let chart = |count: usize| {
            let archives = names.iter().take(count).map(|name| (*name, &inner[..]));
            let list: Vec<(&str, &[u8])> = [("Chart.yaml", CHART)].into_iter().chain(archives).collect();
            load(&files(&list), "root", &limits)
        };
        assert_eq!(chart(3).expect("loads").charts.len(), 3);
        let error = chart(4).expect_err("too much");
        assert!(error.message.contains("too large together"), "{error}");
        assert_eq!(error.file.as_deref(), Some("root/charts/4.tgz"));
    }

    #[test]
    fn dependencies_of_both_kinds() {
        let chart = loaded(&[
            ("Chart.yaml", b"name: a\nversion: 1.0.0\n"),
            ("requirements.yaml", b"dependencies:\n- name: b\n  version: ~1\n  alias: c\n  tags: [x]\n  import-values: [data, {child: p.q, parent: r}]\n"),
        ])
        .expect("loads");
        let dep = &chart.metadata.dependencies.as_deref().expect("dependencies")[0];
        assert_eq!((dep.name.as_str(), dep.version.as_str(), dep.alias.as_str()), ("b", "~1", "c"));
        assert_eq!(dep.import_values.len(), 2);
        assert_eq!(chart.missing_dependencies().len(), 1);
        assert_eq!(chart.files[0].name.as_ref(), "requirements.yaml");
    }

    #[test]
    fn what_helm_refuses_is_refused() {
        for (list, word) in [
            (&[("values.yaml", &b"a: 1"[..])][..], "Chart.yaml file is missing"),
            (&[("Chart.yaml", &b"name: a\nversion: x\n"[..])], "version \"x\" is invalid"),
            (&[("Chart.yaml", b"version: 1.0.0\n")], "name is required"),
            (&[("Chart.yaml", b"name: a\nversion: 1.0.0\ntype: lib\n")], "application or library"),
            (&[("Chart.yaml", b"name: [a]\nversion: 1.0.0\n")], "cannot unmarshal array"),
            (&[("Chart.yaml", b"name: a\n  b: c\n")], "cannot load Chart.yaml"),
            (&[("Chart.yaml", b"\xff\xfe")], "UTF-8"),
            (&[("Chart.yaml", CHART), ("values.yaml", b"a: [\n")], "cannot load values.yaml"),
            (&[("Chart.yaml", CHART), (".helmignore", b"a/**\n")], "double-star"),
            (&[("Chart.yaml", CHART), ("charts/README.md", b"")], "Chart.yaml file is missing"),
            (&[("Chart.yaml", CHART), ("charts/b.tgz", b"nonsense")], "not a gzipped archive"),
            (
                &[(
                    "Chart.yaml",
                    b"name: a\nversion: 1.0.0\napiVersion: v2\ndependencies: [{name: b}, {name: b}]\n",
                )],
                "more than one dependency",
            ),
        ] {
            let error = loaded(list).expect_err(word);
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}

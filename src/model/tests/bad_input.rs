//! Bad input gets a clear error with its place, or silence where it is not ours to judge; it never hides the rest.

use super::*;
use crate::discover::{Entry, EntryKind, Input, MemoryTree, Options, ReadError, Tree, discover};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
const BROKEN: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n";

fn read(files: &[(&str, &[u8])], inputs: &[&str]) -> Model {
    let tree = MemoryTree::new(files.iter().map(|(path, bytes)| (*path, bytes.to_vec())));
    let inputs: Vec<Input> = inputs.iter().map(|path| Input::new(*path)).collect();
    build(discover(&tree, &inputs, &Options::default()), Settings::default())
}

fn codes(model: &Model) -> Vec<&'static str> {
    model.errors.iter().map(|error| error.code).collect()
}

fn skipped(model: &Model) -> Vec<(&str, &str)> {
    model.coverage.skipped.iter().map(|it| (it.path.as_str(), it.reason.as_str())).collect()
}

#[test]
fn a_broken_manifest_is_an_error_with_a_place_and_hides_nothing() {
    let both = format!("{POD}---\n{BROKEN}---\n{}", POD.replace("name: p", "name: q"));
    let model = read(&[("a.yaml", both.as_bytes()), ("b.yaml", POD.as_bytes())], &[""]);
    assert_eq!(codes(&model), ["yaml-syntax"]);
    let place = model.errors[0].place.expect("a place");
    assert_eq!(model.sources.location(place).line, 8);
    let names: Vec<&str> = model.resources.iter().map(|r| r.name.as_str()).collect();
    assert!(names.contains(&"p") && names.contains(&"q"), "{names:?}");
    assert_eq!(model.resources.iter().filter(|r| file_of(&model, r.at) == "b.yaml").count(), 1);
}

#[test]
fn what_is_not_ours_and_broken_is_skipped_and_counted() {
    let files: &[(&str, &[u8])] = &[
        ("a.yaml", b"a: [1\n"),
        ("b.yaml", b"datadog: [1\nkind: x\n"),
        ("c.yaml", POD.as_bytes()),
        ("d.json", b"{\"a\":"),
    ];
    let model = read(files, &[""]);
    assert_eq!(codes(&model), [""; 0]);
    assert_eq!(
        skipped(&model).iter().map(|(path, _)| *path).collect::<Vec<_>>(),
        ["a.yaml", "b.yaml", "d.json"]
    );
    assert_eq!(codes(&read(files, &["a.yaml"])), ["yaml-syntax"], "a file that the user named is an error");
    assert_eq!(codes(&read(files, &["", "d.json"])), ["yaml-syntax"]);
}

#[test]
fn a_template_outside_of_a_chart_looks_like_a_manifest() {
    let template =
        b"apiVersion: v1\nkind: Pod\nmetadata:\n  {{- if .x }}\n  name: x\n  {{- end }}\n" as &[u8];
    assert_eq!(codes(&read(&[("a.yaml", template)], &[""])), ["yaml-syntax"]);
    let chart = ("c/Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n" as &[u8]);
    let model = read(&[chart, ("c/templates/a.yaml", template), ("c/files/b.yaml", template)], &[""]);
    assert_eq!(codes(&model), [""; 0], "what lies in a chart is the chart's");
}

#[test]
fn what_something_uses_must_parse() {
    let app = b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: {path: c, repoURL: r, helm: {valueFiles: [v.yaml]}}\n" as &[u8];
    let chart = ("c/Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n" as &[u8]);
    let model = read(&[("app.yaml", app), chart, ("c/v.yaml", b"a: [1\n")], &[""]);
    assert_eq!(codes(&model), ["yaml-syntax"]);
    assert!(!model.releases[0].complete);
    let inline = b"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    chart: c\n    repoURL: r\n    helm:\n      values: |\n        a: [1\n        b: 2\n" as &[u8];
    let model = read(&[("app.yaml", inline)], &[""]);
    assert_eq!(codes(&model), ["yaml-syntax"]);
    let line = model.sources.location(model.errors[0].place.expect("a place")).line;
    assert!((10..=11).contains(&line), "in the block string: {line}");
    assert_eq!(codes(&read(&[("kustomization.yaml", b"resources: [\n")], &[""])), ["yaml-syntax"]);
}

#[test]
fn files_without_text() {
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(POD.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let plain16: Vec<u8> = "hello: x\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin: Vec<u8> = POD.bytes().chain(*b"# \xe9\n").collect();
    let files: &[(&str, &[u8])] = &[
        ("bin.yaml", b"\x7fELF\x01\x00\x00\x01\x02\x00\x00\x03"),
        ("empty.yaml", b""),
        ("latin.yaml", &latin),
        ("ok.yaml", POD.as_bytes()),
        ("plain16.yaml", &plain16),
        ("utf16.yaml", &utf16),
    ];
    let model = read(files, &[""]);
    assert_eq!(codes(&model), ["not-utf8", "not-utf8"]);
    assert_eq!(
        model.errors.iter().filter_map(|error| error.file.as_deref()).collect::<Vec<_>>(),
        ["latin.yaml", "utf16.yaml"]
    );
    assert_eq!(
        skipped(&model),
        [("bin.yaml", "a binary file"), ("empty.yaml", "empty"), ("plain16.yaml", "UTF-16 text")]
    );
    assert_eq!(model.resources.len(), 1);
    assert_eq!(codes(&read(files, &["bin.yaml"])), ["not-text"]);
    assert_eq!(codes(&read(files, &["plain16.yaml"])), ["not-utf8"]);
    assert_eq!(codes(&read(files, &["empty.yaml"])), [""; 0]);
}

/// A tree with a file that cannot be read and one that is too large.
struct Locked(MemoryTree);

impl Tree for Locked {
    fn kind(&self, path: &str) -> Option<EntryKind> {
        self.0.kind(path)
    }
    fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        if folder == "closed" {
            Err(ReadError::System("permission denied".into()))
        } else {
            self.0.list(folder)
        }
    }
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match path {
            "locked.yaml" => Err(ReadError::System("permission denied".into())),
            "large.yaml" => Err(ReadError::TooLarge(5 << 30)),
            _ => self.0.read(path),
        }
    }
    fn head(&self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        self.0.head(path, limit)
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_the_rest_is_linted() {
    let tree = Locked(MemoryTree::new([
        ("locked.yaml", ""),
        ("large.yaml", ""),
        ("closed/x.yaml", ""),
        ("ok.yaml", POD),
    ]));
    let found = discover(&tree, &[Input::new(""), Input::new("nope.yaml")], &Options::default());
    let model = build(found, Settings::default());
    assert_eq!(codes(&model), ["unreadable"; 4]);
    let messages: Vec<&str> = model.errors.iter().map(|error| error.message.as_str()).collect();
    for text in ["permission denied", "5368709120 bytes", "`closed`", "`nope.yaml`"] {
        assert!(messages.iter().any(|message| message.contains(text)), "{text}: {messages:?}");
    }
    assert_eq!(model.resources.len(), 1);
}

#[test]
fn nesting_and_aliases_end() {
    let deep = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {}{}\n",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let mut bomb = String::from("datadog: {apm: {}}\nagents:\n  a0: &a0 [x, x]\n");
    for level in 1..40 {
        bomb.push_str(&format!("  a{level}: &a{level} [*a{}, *a{}]\n", level - 1, level - 1));
    }
    let cycle = "datadog: &d {apm: {}, again: *d}\nagents: {x: *d}\n";
    let model = read(
        &[
            ("deep.yaml", deep.as_bytes()),
            ("values.yaml", bomb.as_bytes()),
            ("v2.yaml", cycle.as_bytes()),
            ("ok.yaml", POD.as_bytes()),
        ],
        &[""],
    );
    assert!(model.resources.iter().any(|r| file_of(&model, r.at) == "ok.yaml"));
    assert!(!model.releases.is_empty());
}

#[test]
fn odd_shapes_do_no_harm() {
    let texts = [
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: []\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: x, sources: [1, [], {}], destination: 3, syncPolicy: {automated: {enabled: false}, syncOptions: 4}}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {template: []}\n",
        "apiVersion: v1\nkind: Deployment\nspec: {template: {spec: {containers: [1, {env: [1, {name: [x]}, {name: a, value: {{ x }}}], ports: 3}]}}}\n",
        "apiVersion: v1\nkind: List\nitems: {a: b}\n",
        "apiVersion: [v1]\nkind: {a: b}\n",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {chart: 1, valuesFrom: 3}\n",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {chart: {spec: {chart: x}}, values: [1], valuesFrom: [1, {kind: ConfigMap, targetPath: '['}]}\n",
        "kind: x\napiVersion: v1\n? [a]\n: b\n",
        "- apiVersion: v1\n  kind: Pod\n",
    ];
    for text in texts {
        let model = read(&[("a.yaml", text.as_bytes()), ("ok.yaml", POD.as_bytes())], &[""]);
        assert_eq!(codes(&model), [""; 0], "{text}");
        assert!(model.resources.iter().any(|r| r.name == "p"), "{text}");
    }
    let odd_chart = read(
        &[
            ("c/Chart.yaml", b"- a\n"),
            ("c/values.yaml", b"a"),
            ("d/Chart.yaml", b"dependencies: [1, {name: [x]}]\n"),
            ("helmfile.yaml", b"releases: [1, {chart: 3}, {chart: ./x}]\n"),
        ],
        &[""],
    );
    assert!(odd_chart.coverage.charts.len() == 2);
}

#[test]
fn the_same_files_give_the_same_model_with_any_number_of_threads() {
    let files: Vec<(String, String)> = (0..200)
        .map(|n| (format!("d{}/f{n}.yaml", n % 7), POD.replace("name: p", &format!("name: p{n}"))))
        .collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    let names = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let model = pool.install(|| read(&files, &[""]));
        model.resources.iter().map(|r| (r.name.clone(), r.at)).collect::<Vec<_>>()
    };
    assert_eq!(names(1), names(4));
}

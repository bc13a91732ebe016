//! Packed charts as PATH and as subcharts: they render, findings stand where a person can open something, and a bad
//! archive is one error that leaves everything else alone.

mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use support::{Folder, Ran};

const MANIFEST: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

const VALUES: &str = "replicas: 2\nstatuses: '500'\n";

const TEMPLATE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  \
    replicas: {{ .Values.replicas }}\n  template:\n    spec:\n      containers:\n        - name: a\n          image: b\n          \
    env:\n            - name: DD_TRACE_HTTP_SERVER_ERROR_STATUSES\n              value: {{ .Values.statuses | quote }}\n";

const RULE: &str = "http-error-statuses";

/// A good chart, for what must not be harmed.
const GOOD: [(&str, &str); 3] = [
    ("good/Chart.yaml", "apiVersion: v2\nname: good\nversion: 0.1.0\n"),
    ("good/values.yaml", VALUES),
    ("good/templates/web.yaml", TEMPLATE),
];

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        append(&mut builder, name, text.len() as u64, text.as_bytes());
    }
    builder.into_inner().expect("an archive")
}

/// Writes the name by hand: the crate refuses the illegal ones that are tested.
fn append(builder: &mut tar::Builder<Vec<u8>>, name: &str, size: u64, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    header.as_old_mut().name.get_mut(..name.len()).expect("a short name").copy_from_slice(name.as_bytes());
    header.set_cksum();
    builder.append(&header, content).expect("an entry");
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).expect("memory");
    out.finish().expect("memory")
}

fn pack(files: &[(&str, &str)]) -> Vec<u8> {
    zip(&tar(files))
}

fn web() -> Vec<u8> {
    pack(&[("web/Chart.yaml", MANIFEST), ("web/values.yaml", VALUES), ("web/templates/web.yaml", TEMPLATE)])
}

fn found(ran: &Ran) -> Vec<(String, u64)> {
    ran.findings().into_iter().filter(|it| it.0 == RULE).map(|(_, file, line)| (file, line)).collect()
}

#[test]
fn a_packed_chart_is_rendered_and_its_findings_stand_where_they_can_be_opened() {
    let folder = Folder::new(&[("prod.yaml", "statuses: '404'\n")]);
    folder.write_bytes("web-0.1.0.tgz", &web());
    let stream = folder.run(&["render", "web-0.1.0.tgz"]);
    assert_eq!(stream.code, 0, "{}", stream.err);
    assert!(stream.out.contains("replicas: 2"), "{}", stream.out);

    let direct = folder.run(&["check", "web-0.1.0.tgz", "--format", "json"]);
    assert_eq!(found(&direct), [("web-0.1.0.tgz".to_string(), 1)]);
    assert_eq!(direct.code, 1);
    let origin = &direct.json()["findings"][0]["origin"];
    assert_eq!(origin[0]["file"], "web-0.1.0.tgz/values.yaml", "{origin}");
    assert_eq!((origin[0]["line"].as_u64(), origin[1]["line"].as_u64()), (Some(2), Some(13)), "{origin}");
    let piped = folder.run_with(&["check", "--format", "json"], &stream.out);
    assert!(direct.out == piped.out, "the reports differ:\n{}\n{}", direct.out, piped.out);

    // Values of the user lie in a file that can be edited.
    let given = folder.run(&["check", "web-0.1.0.tgz", "--values", "prod.yaml", "--format", "json"]);
    assert_eq!(found(&given), [("prod.yaml".to_string(), 1)]);
    let set = ["check", "web-0.1.0.tgz", "--set", "statuses=400-599", "--format", "json"];
    assert_eq!(found(&folder.run(&set)), []);

    // The same where it is found on a walk, and is named otherwise.
    std::fs::rename(folder.path().join("web-0.1.0.tgz"), folder.path().join("web.tgz")).expect("renamed");
    assert_eq!(found(&folder.check(&[])), [("web.tgz".to_string(), 1)]);
}

#[test]
fn what_is_wrong_in_a_packed_subchart_stands_at_its_entry_or_at_the_value_of_the_parent() {
    let dependencies = "dependencies:\n  - {name: web, version: 0.1.0, repository: https://charts.example}\n";
    let parent = format!("apiVersion: v2\nname: shop\nversion: 1.0.0\n{dependencies}");
    let folder = Folder::new(&[("shop/Chart.yaml", &parent)]);
    folder.write_bytes("shop/charts/web-0.1.0.tgz", &web());
    let by_default = folder.run(&["check", "shop", "--format", "json"]);
    assert_eq!(found(&by_default), [("shop/Chart.yaml".to_string(), 5)], "{}", by_default.out);
    folder.write("shop/values.yaml", "web:\n  replicas: 1\n  statuses: '404'\n");
    assert_eq!(
        found(&folder.run(&["check", "shop", "--format", "json"])),
        [("shop/values.yaml".to_string(), 3)]
    );
    let stream = folder.run(&["render", "shop"]);
    assert!(stream.out.contains("replicas: 1") && stream.out.contains("\"404\""), "{}", stream.out);

    // A template in it that fails: at the entry again, and the line in the archive is told.
    folder.write("shop/values.yaml", "web:\n  replicas: 1\n");
    let template = "a: 1\nb: {{ .Values.replicas.of.it }}\n";
    let broken = [("web/Chart.yaml", MANIFEST), ("web/templates/web.yaml", template)];
    folder.write_bytes("shop/charts/web-0.1.0.tgz", &pack(&broken));
    let failed = folder.run(&["check", "shop", "--format", "json"]);
    assert_eq!(failed.code, 2);
    let errors = failed.errors();
    let [(code, place, told)] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!((code.as_str(), place.as_str()), ("render-failed", "shop/Chart.yaml:5"), "{told}");
    for part in ["`of`", "shop/charts/web-0.1.0.tgz/templates/web.yaml:2:", "shop/values.yaml:2:13"] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[test]
fn causes_in_one_archive_are_findings_of_their_own() {
    let dependencies = "dependencies:\n  - {name: web, version: 0.1.0, repository: https://charts.example}\n";
    let parent = format!("apiVersion: v2\nname: shop\nversion: 1.0.0\n{dependencies}");
    let secret = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ndata:\n  a: {{{{ randAlphaNum 9 | b64enc }}}}\n"
        )
    };
    let asking = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: {{ if lookup \"v1\" \"Namespace\" \"\" \"x\" }}b{{ else }}c{{ end }}\n  \
        d: {{ if lookup \"v1\" \"Namespace\" \"\" \"y\" }}e{{ else }}f{{ end }}\n";
    let fixed =
        TEMPLATE.replace("{{ .Values.statuses | quote }}", "'404'").replace("name: web", "name: fixed");
    let twice = TEMPLATE.replace("name: web", "name: twice");
    let keyed = "apiVersion: v1\nkind: Secret\nmetadata: {name: k}\ndata:\n  a: {{ .Values.one | default (randAlphaNum 9) | b64enc }}\n  \
        b: {{ .Values.two | default (randAlphaNum 9) | b64enc }}\n";
    let web = pack(&[
        ("web/Chart.yaml", MANIFEST),
        ("web/values.yaml", VALUES),
        ("web/templates/web.yaml", TEMPLATE),
        ("web/templates/twice.yaml", &twice),
        ("web/templates/fixed.yaml", &fixed),
        ("web/templates/secret-a.yaml", &secret("a")),
        ("web/templates/secret-b.yaml", &secret("b")),
        ("web/templates/config.yaml", asking),
        ("web/templates/keyed.yaml", keyed),
    ]);
    let folder = Folder::new(&[("shop/Chart.yaml", &parent)]);
    folder.write_bytes("shop/charts/web-0.1.0.tgz", &web);
    folder.write("shop/values.yaml", "other: 1\n");
    let told = |ran: &Ran| -> Vec<String> {
        let json = ran.json();
        let all = json["findings"].as_array().cloned().unwrap_or_default();
        let text = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_string();
        all.iter()
            .map(|it| {
                let affected = it["affected"].as_array().map_or(0, Vec::len);
                let line = format!("{}:{}", text(&it["location"]["file"]), it["location"]["line"]);
                format!(
                    "{line} {} {} {affected} {}",
                    text(&it["rule"]),
                    text(&it["resource"]["name"]),
                    text(&it["message"])
                )
            })
            .collect()
    };
    let ran = folder.run(&["check", "shop", "--format", "json"]);
    let found = told(&ran);
    let of = |rule: &str| -> Vec<&String> { found.iter().filter(|it| it.contains(rule)).collect() };
    assert!(found.iter().all(|it| it.starts_with("shop/Chart.yaml:5 ")), "{found:#?}");
    // A value that two workloads print is one cause, a literal in a third another one.
    let statuses: Vec<bool> = of(RULE).iter().map(|it| it.contains(" fixed 1 ")).collect();
    assert_eq!(
        (statuses.len(), of(RULE).iter().filter(|it| it.contains(" 2 ")).count()),
        (2, 1),
        "{found:#?}"
    );
    assert!(statuses.contains(&true), "{found:#?}");
    let drawn = of("render-nondeterministic");
    assert_eq!(drawn.len(), 4, "{found:#?}");
    for name in ["secret-a.yaml", "secret-b.yaml", "keyed.yaml"] {
        let named = format!("(`randAlphaNum` in `shop/charts/web-0.1.0.tgz/templates/{name}`)");
        assert!(drawn.iter().any(|it| it.contains(&named)), "{named} in {found:#?}");
    }
    assert_eq!(of("helm-lookup-empty").len(), 2, "{found:#?}");
    // Through the pipe nothing is lost.
    let stream = folder.run(&["render", "shop"]);
    let piped = folder.run_with(&["check", "--format", "json"], &stream.out);
    assert_eq!(told(&piped), found);
    // Where the parent gives something near, the causes are still two.
    folder.write("shop/values.yaml", "web: {replicas: 1}\n");
    let found = told(&folder.run(&["check", "shop", "--format", "json"]));
    let near = |it: &&String| it.starts_with("shop/values.yaml:1 render-nondeterministic k 1 ");
    assert_eq!(found.iter().filter(near).count(), 2, "{found:#?}");
    let pretty = folder.run(&["check", "shop", "--select", RULE]).out;
    assert!(
        pretty.contains("in the archive it is shop/charts/web-0.1.0.tgz/templates/fixed.yaml:13"),
        "{pretty}"
    );
    assert!(pretty.contains("in the archive it is shop/charts/web-0.1.0.tgz/values.yaml:2"), "{pretty}");
}

/// Archives that are wrong, each with a part of what is said about it.
fn bad_archives() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = web();
    let with = |name: &'static str| pack(&[("web/Chart.yaml", MANIFEST), (name, "a: 1\n")]);
    let huge = |size: u64| {
        let mut builder = tar::Builder::new(Vec::new());
        append(&mut builder, "web/Chart.yaml", MANIFEST.len() as u64, MANIFEST.as_bytes());
        append(&mut builder, "web/templates/huge.yaml", size, b"a: 1\n");
        zip(builder.get_ref())
    };
    let zeros = "0".repeat(6 << 20);
    vec![
        ("empty", Vec::new(), "not a gzipped archive"),
        ("no-gzip", b"PK\x03\x04 and more".to_vec(), "not a gzipped archive"),
        ("no-tar", zip(b"apiVersion: v2\n"), "broken archive"),
        ("truncated", good.get(..good.len() / 2).expect("a half").to_vec(), "broken archive"),
        ("outside", with("web/../../evil.yaml"), "references parent directory"),
        ("absolute", with("web//etc/passwd"), "absolute paths"),
        ("declared-huge", huge(1 << 50), "larger than the maximum"),
        ("declared-longer", huge(4 << 20), "broken archive"),
        ("bomb", pack(&[("web/Chart.yaml", MANIFEST), ("web/zeros", &zeros)]), "larger than the maximum"),
        ("no-chart", pack(&[("web/values.yaml", VALUES)]), "Chart.yaml file is missing"),
        ("no-name", pack(&[("web/Chart.yaml", "version: 1.0.0\n")]), "name is required"),
        ("broken-chart", pack(&[("web/Chart.yaml", "name: [\n")]), "cannot load Chart.yaml"),
    ]
}

#[test]
fn a_bad_archive_is_one_error_and_harms_nothing_else() {
    let folder = Folder::new(&GOOD);
    for (name, bytes, word) in bad_archives() {
        let file = format!("{name}.tgz");
        folder.write_bytes(&file, &bytes);
        let ran = folder.run(&["check", &file, "good", "--format", "json"]);
        let errors = ran.errors();
        let [(code, place, told)] = &errors[..] else { panic!("{name}: {errors:?}") };
        assert_eq!((code.as_str(), place.split(':').next()), ("bad-chart", Some(file.as_str())), "{told}");
        assert!(told.contains(word), "{name}: {told}");
        assert_eq!(found(&ran), [("good/values.yaml".to_string(), 2)], "{name}");
        assert_eq!(ran.code, 2, "{name}");
        std::fs::remove_file(folder.path().join(&file)).expect("removed");
    }
    assert!(!folder.exists("../evil.yaml") && !folder.exists("evil.yaml"));
}

#[test]
fn a_bad_archive_in_charts_is_one_error_at_something_that_can_be_opened() {
    let dependencies = "dependencies:\n  - {name: web, version: 0.1.0, repository: https://charts.example}\n";
    let parent = format!("apiVersion: v2\nname: shop\nversion: 1.0.0\n{dependencies}");
    let folder = Folder::new(&GOOD);
    folder.write("shop/Chart.yaml", &parent);
    for (name, bytes, word) in bad_archives() {
        folder.write_bytes("shop/charts/web-0.1.0.tgz", &bytes);
        let ran = folder.run(&["check", "shop", "good", "--format", "json"]);
        let errors = ran.errors();
        let [(code, place, told)] = &errors[..] else { panic!("{name}: {errors:?}") };
        assert_eq!(code, "bad-chart");
        assert!(told.contains(word) && told.contains("web-0.1.0.tgz"), "{name}: {told}");
        let file = place.split(':').next().unwrap_or_default();
        assert!(folder.path().join(file).is_file(), "{name}: {place}");
        assert_eq!(found(&ran), [("good/values.yaml".to_string(), 2)], "{name}");
        assert_eq!(ran.code, 2, "{name}");
    }
}

/// Archives in archives, each within the limits of one: together they would fill the memory.
#[test]
fn archives_in_archives_are_unpacked_only_so_far() {
    let zeros = "\0".repeat(4 << 20);
    let mut bytes = pack(&[("web/Chart.yaml", MANIFEST), ("web/a", &zeros), ("web/b", &zeros)]);
    for _ in 0..2 {
        let mut builder = tar::Builder::new(Vec::new());
        append(&mut builder, "web/Chart.yaml", MANIFEST.len() as u64, MANIFEST.as_bytes());
        for number in 0..30 {
            append(&mut builder, &format!("web/charts/a{number}.tgz"), bytes.len() as u64, &bytes);
        }
        bytes = zip(&builder.into_inner().expect("an archive"));
    }
    assert!(bytes.len() < 1 << 20, "{} bytes", bytes.len());
    let folder = Folder::new(&GOOD);
    folder.write_bytes("bomb.tgz", &bytes);
    let ran = folder.run(&["check", "bomb.tgz", "good", "--format", "json"]);
    let errors = ran.errors();
    let [(code, place, told)] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!((code.as_str(), place.as_str(), ran.code), ("bad-chart", "bomb.tgz:1", 2));
    assert!(told.contains("too large together"), "{told}");
    assert_eq!(found(&ran), [("good/values.yaml".to_string(), 2)]);
}

#[test]
fn an_archive_that_is_larger_than_any_chart_is_not_read_to_its_end() {
    let folder = Folder::new(&GOOD);
    let file = std::fs::File::create(folder.path().join("backup.tgz")).expect("a file");
    // Nothing but a hole on the disk.
    file.set_len(3 << 30).expect("a size");
    let walked = folder.check(&["-v"]);
    assert_eq!((walked.code, walked.errors()), (1, Vec::new()));
    assert!(walked.err.contains("skipped backup.tgz: an archive that is no chart"), "{}", walked.err);
    let named = folder.run(&["check", "backup.tgz", "--format", "json"]);
    let errors = named.errors();
    assert_eq!((errors.len(), named.code), (1, 2));
    assert!(errors[0].2.contains("the archive is larger than 100 MiB"), "{errors:?}");
}

#[test]
fn on_a_walk_an_archive_that_is_no_chart_is_skipped_and_one_that_needs_values_is_named() {
    let folder = Folder::new(&GOOD);
    folder.write_bytes("backup.tgz", &pack(&[("data/notes.txt", "hello")]));
    folder.write_bytes("noise.tgz", b"\x1f\x8bnoise");
    let needs =
        [("web/Chart.yaml", MANIFEST), ("web/templates/a.yaml", "a: {{ required \"give x\" .Values.x }}\n")];
    folder.write_bytes("needs.tgz", &pack(&needs));
    let ran = folder.check(&["-v"]);
    assert_eq!((ran.code, ran.errors()), (1, Vec::new()));
    for name in ["backup.tgz", "noise.tgz"] {
        assert!(ran.err.contains(&format!("skipped {name}: an archive that is no chart")), "{}", ran.err);
    }
    let named: Vec<_> = ran.findings().into_iter().filter(|it| it.0 == "not-rendered").collect();
    assert_eq!(named, [("not-rendered".to_string(), "needs.tgz".to_string(), 1)]);
    // Named, it is an error.
    let named = folder.run(&["check", "needs.tgz", "--format", "json"]);
    assert_eq!(named.code, 2);
    assert!(named.errors()[0].2.contains("needs.tgz/templates/a.yaml:1:7"), "{:?}", named.errors());
}

/// A chart that needs two others, which are not vendored.
fn needing() -> Folder {
    let dependencies = "dependencies:\n  - {name: web, version: ~0.1, repository: https://charts.example}\n  \
                        - {name: web-tools, version: 2.x, repository: https://charts.example, alias: tools}\n";
    let folder = Folder::new(&GOOD);
    folder.write("shop/Chart.yaml", &format!("apiVersion: v2\nname: shop\nversion: 1.0.0\n{dependencies}"));
    folder.write("shop/values.yaml", "tools: {statuses: '404'}\n");
    folder
}

fn version(name: &str, version: &str, replicas: u32) -> Vec<u8> {
    let manifest = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let values = VALUES.replace("replicas: 2", &format!("replicas: {replicas}"));
    pack(&[("x/Chart.yaml", &manifest), ("x/values.yaml", &values), ("x/templates/web.yaml", TEMPLATE)])
}

#[test]
fn dependencies_that_are_not_vendored_are_taken_from_the_cache_that_is_named() {
    let folder = needing();
    let check = ["check", "shop", "good", "--format", "json", "--helm-cache", "cache"];
    let without = folder.run(&check[..5]);
    let reason = |ran: &Ran| {
        let json = ran.json();
        let all = json["findings"].as_array().cloned().unwrap_or_default();
        let told = all.iter().find(|it| it["rule"] == "not-rendered")?.clone();
        Some(format!("{} {}", told["message"].as_str()?, told["help"].as_str()?))
    };
    let told = reason(&without).expect("a finding");
    for part in ["web ~0.1, web-tools 2.x", "helm dependency build shop"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert_eq!((without.code, found(&without)), (1, vec![("good/values.yaml".to_string(), 2)]));

    // Too new, another chart, no chart: the cache has nothing that fits.
    folder.write_bytes("cache/web-0.2.0.tgz", &version("web", "0.2.0", 20));
    folder.write_bytes("cache/web-tools-2.0.0.tgz", &version("other", "2.0.0", 30));
    let told = reason(&folder.run(&check)).expect("a finding");
    assert!(told.contains("`cache` has no archive of that name in that range"), "{told}");
    assert!(
        told.contains("`cache/web-tools-2.0.0.tgz` cannot be used: it holds the chart `other`"),
        "{told}"
    );
    // An archive that is there and broken is not passed over in silence, nor are older ones taken for it.
    folder.write_bytes("cache/web-0.1.6.tgz", &version("web", "0.1.6", 6));
    folder.write_bytes("cache/web-tools-2.0.0.tgz", &version("web-tools", "2.0.0", 30));
    for (number, (_, bytes, why)) in bad_archives().into_iter().enumerate() {
        folder.write_bytes("cache/web-0.1.7.tgz", &bytes);
        let ran = folder.run(&check);
        let told = reason(&ran).expect("a finding");
        let begin = "web ~0.1; `cache/web-0.1.7.tgz` cannot be used: ";
        assert!(told.contains(begin) && told.contains(why), "{number}: {begin}{why} in {told}");
        assert!(told.contains("fetch the archive again") && !told.contains("of that name"), "{told}");
        assert_eq!((ran.code, ran.errors()), (1, Vec::new()));
    }

    // The newest in the range counts; what is wrong in it stands at the entry, or at the value of the parent.
    for (name, bytes) in [
        ("web-0.1.7", version("web", "0.1.7", 7)),
        ("web-0.1.10", version("web", "0.1.10", 10)),
        ("web-tools-2.0.0", version("web-tools", "2.0.0", 30)),
    ] {
        folder.write_bytes(&format!("cache/{name}.tgz"), &bytes);
    }
    let with = folder.run(&check);
    assert_eq!((reason(&with), with.errors()), (None, Vec::new()));
    let place = |file: &str, line| (file.to_string(), line);
    assert_eq!(
        found(&with),
        [place("good/values.yaml", 2), place("shop/Chart.yaml", 5), place("shop/values.yaml", 1)]
    );
    let stream = folder.run(&["render", "shop", "--helm-cache", "cache"]).out;
    assert!(stream.contains("replicas: 10") && stream.contains("replicas: 30"), "{stream}");
    assert!(!stream.contains("replicas: 7") && !stream.contains("replicas: 20"), "{stream}");
    // What is vendored is not looked for.
    folder.write_bytes("shop/charts/web-0.1.1.tgz", &version("web", "0.1.1", 1));
    let stream = folder.run(&["render", "shop", "--helm-cache", "cache"]).out;
    assert!(stream.contains("replicas: 1\n") && !stream.contains("replicas: 10"), "{stream}");
}

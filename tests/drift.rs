//! What drifts, where the templates that ask and those that show it are not the same.

mod support;

use support::Folder;

const FLAG: &str = "{{ .Release.IsInstall | ternary \"first\" \"later\" }}";

/// The fields that a chart's use of `.Release.IsInstall` decides, as `kind path`.
fn affected(templates: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/values.yaml", "phase: none\n"),
    ]);
    for (name, text) in templates {
        folder.write(&format!("web/templates/{name}"), text);
    }
    let json =
        folder.run(&["check", "web", "--select", "helm-install-flags-constant", "--format", "json"]).json();
    let findings = json["findings"].as_array().cloned().unwrap_or_default();
    let fields = findings.iter().flat_map(|it| it["affected"].as_array().cloned().unwrap_or_default());
    let mut out: Vec<String> = fields
        .map(|field| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
            format!("{} {}", text(&field["resource"]["kind"]), text(&field["path"]))
        })
        .collect();
    out.sort();
    out
}

fn map(data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web}}\ndata: {{phase: {data}}}\n")
}

fn secret(data: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: web}}\nstringData: {{phase: {data}}}\n")
}

#[test]
fn a_flag_is_seen_wherever_it_shows() {
    let own = "ConfigMap $['data']['phase']";
    let other = "Secret $['stringData']['phase']";
    let calm = secret("{{ .Values.phase }}");
    assert_eq!(affected(&[("map.yaml", &map(FLAG)), ("secret.yaml", &calm)]), [own]);
    // A template that includes the one that asks, by its path.
    let sum = secret("{{ include (print $.Template.BasePath \"/map.yaml\") . | sha256sum }}");
    assert_eq!(affected(&[("map.yaml", &map(FLAG)), ("secret.yaml", &sum)]), [own, other]);
    let named = secret("{{ include \"web/templates/map.yaml\" . | sha256sum }}");
    assert_eq!(affected(&[("map.yaml", &map(FLAG)), ("secret.yaml", &named)]), [own, other]);
    // The same through a helper.
    let summing =
        "{{ define \"sum\" }}{{ include (print .all.Template.BasePath .path) .all | sha256sum }}{{ end }}";
    let through = secret("{{ include \"sum\" (dict \"all\" . \"path\" (print \"/map\" \".yaml\")) }}");
    assert_eq!(
        affected(&[("_helpers.tpl", summing), ("map.yaml", &map(FLAG)), ("secret.yaml", &through)]),
        [own, other]
    );
    // A helper.
    let helper = format!("{{{{ define \"phase\" }}}}{FLAG}{{{{ end }}}}");
    let asking = secret("{{ include \"phase\" . }}");
    assert_eq!(
        affected(&[("_helpers.tpl", &helper), ("map.yaml", &map("a")), ("secret.yaml", &asking)]),
        [other]
    );
    // A template that defines something for others, and one that leaves a value behind: the last ones are executed
    // first.
    let defining = format!("{{{{ define \"phase\" }}}}{FLAG}{{{{ end }}}}{}", map("a"));
    assert_eq!(affected(&[("map.yaml", &defining), ("secret.yaml", &asking)]), [other]);
    let setting = format!("{{{{ $_ := set .Values \"phase\" ({FLAG}) }}}}{}", map("a"))
        .replace("({{", "(")
        .replace("}})", ")");
    assert_eq!(affected(&[("secret.yaml", &calm), ("web.yaml", &setting)]), [other]);
}

#[test]
fn a_use_that_shows_nowhere_is_none() {
    let nowhere = format!("{}{{{{ if .Release.IsUpgrade }}}}{{{{ fail \"no\" }}}}{{{{ end }}}}\n", map("a"));
    assert_eq!(affected(&[("map.yaml", &nowhere)]), [""; 0]);
    assert_eq!(affected(&[("map.yaml", &map("{{ ternary 1 1 .Release.IsInstall }}"))]), [""; 0]);
}

//! Pages that are made from the source are committed, and are what the source says. `DDLINT_UPDATE_DOCS=1 cargo test
//! --test docs` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ddlint::rule::{Registry, RuleFileError, docs, examples, json_schema};

fn generated() -> BTreeMap<String, String> {
    let registry = Registry::embedded();
    let rules: Vec<_> = registry.rules().map(|rule| &**rule).collect();
    let mut pages = BTreeMap::new();
    for rule in &rules {
        pages.insert(format!("docs/rules/{}.md", rule.id), docs::markdown(rule));
    }
    pages.insert("docs/rules/README.md".into(), docs::index(&rules));
    pages.insert("docs/views.md".into(), docs::views());
    let schema = serde_json::to_string_pretty(&json_schema()).expect("a schema is JSON");
    pages.insert("docs/rule.schema.json".into(), schema + "\n");
    let schema = serde_json::to_string_pretty(&ddlint::config::json_schema()).expect("a schema is JSON");
    pages.insert("docs/config.schema.json".into(), schema + "\n");
    pages
}

#[test]
fn every_setting_is_documented() {
    let page = include_str!("../docs/configuration.md");
    for (section, keys) in ddlint::config::KEYS {
        let is_section = |key: &str| ddlint::config::KEYS.iter().any(|(section, _)| *section == key);
        for (key, _) in keys.iter().filter(|(key, _)| !is_section(key)) {
            let name = match *section {
                "" | "ignore[]" => format!("`{key}`"),
                _ => format!("`{section}.{key}`"),
            };
            assert!(page.contains(&name), "docs/configuration.md does not explain {name}");
        }
    }
}

#[test]
fn generated_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = generated();
    let update = std::env::var_os("DDLINT_UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    for (path, page) in &pages {
        if fs::read_to_string(root.join(path)).ok().as_ref() == Some(page) {
            continue;
        }
        if update {
            fs::create_dir_all(root.join("docs/rules")).expect("docs/rules");
            fs::write(root.join(path), page).expect("writes the page");
        } else {
            stale.push(path.clone());
        }
    }
    for entry in fs::read_dir(root.join("docs/rules")).into_iter().flatten().flatten() {
        let path = format!("docs/rules/{}", entry.file_name().to_string_lossy());
        if !pages.contains_key(&path) {
            if update {
                fs::remove_file(entry.path()).expect("removes the page");
            } else {
                stale.push(path);
            }
        }
    }
    assert!(stale.is_empty(), "not up to date (DDLINT_UPDATE_DOCS=1 cargo test --test docs): {stale:#?}");
}

#[test]
fn the_rule_in_the_guide_works() {
    let guide = include_str!("../docs/writing-rules.md");
    let blocks = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let rules: Vec<&str> = blocks.filter(|block| block.starts_with("id: ")).collect();
    assert!(!rules.is_empty());
    for text in rules {
        let id = text.lines().next().and_then(|line| line.strip_prefix("id: ")).unwrap_or_default();
        let registry = Registry::load(&[(format!("{id}.yaml"), text.into())]).unwrap_or_else(|errors| {
            panic!("{}", errors.iter().map(RuleFileError::to_string).collect::<Vec<_>>().join("\n"))
        });
        let failures: Vec<String> =
            registry.rules().flat_map(examples::check).map(|it| it.to_string()).collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }
}

#[test]
fn the_guide_names_every_operator_and_every_key() {
    let guide = include_str!("../docs/writing-rules.md");
    let schema = json_schema();
    let mut missing = Vec::new();
    for name in ["operators", "relation", "compare", "fix"] {
        let properties = schema["$defs"][name]["properties"].as_object().expect("properties");
        missing.extend(
            properties.keys().filter(|key| !guide.contains(key.as_str())).map(|it| format!("{name}.{it}")),
        );
    }
    let properties = schema["properties"].as_object().expect("properties");
    missing.extend(properties.keys().filter(|key| !guide.contains(key.as_str())).cloned());
    assert!(missing.is_empty(), "not in the guide: {missing:?}");
}

#[test]
fn a_new_rule_passes_its_tests() {
    let text = docs::scaffold("my-rule", "local");
    let registry = Registry::load(&[("my-rule.yaml".to_string(), text.into())])
        .unwrap_or_else(|errors| panic!("{}", errors[0]));
    let failures: Vec<String> = registry.rules().flat_map(examples::check).map(|it| it.to_string()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

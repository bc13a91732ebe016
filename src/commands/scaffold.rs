//! What helps to begin: a first configuration, the pre-commit hook, schemas, completions, the man page.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::CommandFactory;

use super::configuration::{self, NAME};
use super::{Stop, print, working_directory};
use crate::cli::{Cli, InitArgs, SchemaOf};
use crate::{config, report, rule};

const HOOKS: &str = ".pre-commit-config.yaml";

/// The commented configuration: every key with what it means, all of them off.
fn template() -> String {
    let mut out = String::from(
        "# Settings of ddlint. Every line is optional; `ddlint check --show-config` prints what is in force and why.\n",
    );
    let example = |section: &str, key: &str| match (section, key) {
        ("", "select") => "[all]",
        ("", "severity") => "{debug-logging: info}",
        ("", "exclude") => "[vendor/**]",
        ("", "ignore") => "[{rule: debug-logging, paths: [lab/**], reason: the lab logs everything}]",
        ("", "rules") => "[lint/rules]",
        ("", "fail-on") => "warning",
        ("", "baseline") => ".ddlint-baseline.json",
        ("", "repositories") => "{'https://git.example.com/deploy.git': ''}",
        ("", "clusters") => "{eu: [clusters/eu, 'https://eu.example.com']}",
        ("helm", "dialect") => "3",
        ("helm" | "kubernetes", "kube-version" | "version") => "'1.34'",
        ("helm", "api-versions") => "[monitoring.coreos.com/v1]",
        ("helm", "values") => "[shared-values.yaml]",
        ("helm", "renderer") => "builtin",
        ("helm", "cache") => ".helm-cache",
        ("argocd", "version") => "'3.2'",
        ("argocd", "tracking") => "annotation",
        ("environments", "testing") => "[envs/lab/**]",
        ("datadog", "service") => "datadog-agent",
        ("datadog", "namespace") => "datadog",
        (_, "server-side-diff" | "apm-host-port") => "true",
        _ => "",
    };
    let sections = || config::KEYS.iter().filter(|(name, _)| !name.ends_with("[]"));
    for (section, keys) in sections() {
        let indent = if section.is_empty() { "" } else { "  " };
        if !section.is_empty() {
            let doc = config::KEYS.first().and_then(|(_, top)| top.iter().find(|(key, _)| key == section));
            out.push_str(&format!("\n# {}\n# {section}:\n", doc.map_or("", |(_, doc)| doc)));
        }
        for (key, doc) in keys.iter().filter(|(key, _)| !sections().any(|(name, _)| name == key)) {
            out.push_str(&format!("\n#{indent} {doc}\n#{indent} {key}: {}\n", example(section, key)));
        }
    }
    out
}

fn hook() -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let version = env!("CARGO_PKG_VERSION");
    format!("  - repo: {repository}\n    rev: v{version}\n    hooks:\n      - id: ddlint\n")
}

/// `ddlint init`
pub(super) fn init(args: &InitArgs) -> Result<u8, Stop> {
    let directory = working_directory()?;
    let root = configuration::repository(&directory).unwrap_or(&directory).to_path_buf();
    let mut done = Vec::new();
    if args.pre_commit {
        // Judged before anything is written.
        done.push((root.join(HOOKS), with_hook(&root.join(HOOKS))?));
    }
    let file = root.join(NAME);
    let is_new = !file.exists();
    if is_new {
        done.push((file.clone(), Some(template())));
    } else if !args.pre_commit {
        let shown = configuration::shown(&file, &directory);
        return Err(Stop::new(format!("`{shown}` exists already, and is left as it is"))
            .help("`ddlint check --show-config` prints what is in force"));
    }
    for (path, text) in done {
        let shown = configuration::shown(&path, &directory);
        match text {
            Some(text) => {
                write_new(&path, &text)?;
                print(&format!("wrote {shown}\n"))?;
            }
            None => print(&format!("{shown} has the hook already\n"))?,
        }
    }
    Ok(0)
}

/// The text of the hooks' file with ours; none where it has it.
fn with_hook(path: &Path) -> Result<Option<String>, Stop> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Some(format!("repos:\n{}", hook())));
        }
        Err(error) => return Err(Stop::new(format!("`{HOOKS}` cannot be read: {error}"))),
    };
    if text.contains(env!("CARGO_PKG_REPOSITORY")) {
        return Ok(None);
    }
    let by_hand = || {
        Stop::new(format!("`{HOOKS}` has a form to which the hook cannot be added"))
            .help(format!("add it below `repos:`\n{}", hook()))
    };
    let stream = ddlint_yaml::parse(text.as_str().into());
    let root = stream.documents.first().and_then(|document| document.root());
    let repos = root.and_then(|root| root.get("repos")).filter(|it| it.is_sequence() && !it.is_empty());
    let last = repos.filter(|it| it.style() != ddlint_yaml::Style::Flow).and_then(|it| it.items().last());
    let (Some(repos), Some(last), true) = (repos, last, stream.errors.is_empty()) else {
        return Err(by_hand());
    };
    // The hook's lines begin where the other entries' do.
    let start = repos.span().start as usize;
    let indent = start - text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let indented: String = hook()
        .lines()
        .map(|line| format!("{}{}\n", " ".repeat(indent), line.get(2..).unwrap_or_default()))
        .collect();
    let end = last.full_span().end as usize;
    let end = match text.get(..end) {
        Some(before) if before.ends_with('\n') => end,
        _ => text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at + 1),
    };
    let (before, after) = (text.get(..end).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let newline = if before.ends_with('\n') { "" } else { "\n" };
    let crlf = text.contains("\r\n");
    let indented = if crlf { indented.replace('\n', "\r\n") } else { indented };
    let added = format!("{before}{newline}{indented}{after}");
    let again = ddlint_yaml::parse(added.as_str().into());
    if again.errors.is_empty() { Ok(Some(added)) } else { Err(by_hand()) }
}

fn write_new(path: &Path, text: &str) -> Result<(), Stop> {
    super::files::write_whole(path, text)
}

/// `ddlint schema`
pub(super) fn schema(of: SchemaOf) -> Result<u8, Stop> {
    let schema = match of {
        SchemaOf::Config => config::json_schema(),
        SchemaOf::Rule => rule::json_schema(),
        SchemaOf::Report => report::json::json_schema(),
    };
    print(&format!("{}\n", serde_json::to_string_pretty(&schema).unwrap_or_default()))?;
    Ok(0)
}

/// `ddlint completions`
pub(super) fn completions(shell: clap_complete::Shell) -> Result<u8, Stop> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ddlint", &mut out);
    print(&String::from_utf8_lossy(&out))?;
    Ok(0)
}

/// `ddlint man`: the page of ddlint, then those of its commands.
pub(super) fn man() -> Result<u8, Stop> {
    let mut out = Vec::new();
    let wrong = |error: std::io::Error| Stop::new(format!("the man page cannot be made: {error}"));
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut out).map_err(wrong)?;
    for command in command.get_subcommands() {
        let name = format!("ddlint {}", command.get_name());
        writeln!(out, ".SH \"{}\"", name.to_uppercase()).map_err(wrong)?;
        let page = clap_mangen::Man::new(command.clone().name(name).flatten_help(false));
        page.render_description_section(&mut out).map_err(wrong)?;
        page.render_options_section(&mut out).map_err(wrong)?;
    }
    print(&String::from_utf8_lossy(&out))?;
    Ok(0)
}

//! Arguments: clap structs only. What they mean is decided in `main` and `pipeline`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "ddlint",
    version = env!("DDLINT_VERSION"),
    about = "A GitOps drift linter for Helm and ArgoCD",
    long_about = "Tells, before the merge, what will drift, restart in a loop, come up in the wrong order or silently \
                  lose telemetry once ArgoCD applies it, and points at the line to edit.\n\n\
                  `ddlint PATH…` without a command is `ddlint render PATH…`, so that \
                  `ddlint render/ | ddlint check` works as it is written.",
    after_help = "Exit codes: 0 no finding at or above --fail-on; 1 at least one; 2 ddlint could not do its work.",
    propagate_version = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lint manifests, charts, values and Applications
    Check(CheckArgs),
    /// Print everything that would be deployed as one YAML stream, with provenance in comments. Secrets are
    /// printed as they would be applied
    Render(RenderArgs),
    /// Tell for each rendered field where it comes from: template line and values keys
    Trace(TraceArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Print the documentation of a rule
    Explain(ExplainArgs),
    /// Run the examples inside rule files as tests
    Test(TestArgs),
    /// Make a rule file that passes its tests
    New(NewArgs),
    /// Show the members of a view with their facts, or what a JSONPath selects from them, and where
    Query(QueryArgs),
    /// Write a commented .ddlint.yaml
    Init(InitArgs),
    /// Print the JSON Schema of a file format
    Schema(SchemaArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the man page
    Man,
}

/// Where findings and summaries go, and how.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Findings over their source lines
    Pretty,
    /// One line a finding
    Concise,
    /// The whole report as JSON
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands: annotations on GitHub
    Github,
    /// GitLab Code Quality
    Gitlab,
    /// JUnit XML
    Junit,
    /// A table for a job summary or a comment
    Markdown,
}

/// When to use colour.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The severity from which findings fail the run.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// Errors only
    Error,
    /// Warnings and errors
    Warning,
    /// Everything
    Info,
    /// Nothing
    Never,
}

/// Where settings and rules come from.
#[derive(Args, Debug, Clone, Default)]
pub struct ConfigArgs {
    /// Configuration file [default: .ddlint.yaml, from here up to the repository root]
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, conflicts_with = "config", help_heading = "Configuration")]
    pub isolated: bool,
    /// More rule files
    #[arg(long, value_name = "DIR", help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
}

/// What is read, and how charts are rendered: the same for all commands that read input.
#[derive(Args, Debug, Clone, Default)]
pub struct InputArgs {
    /// Files, folders, packed charts (.tgz), or - for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Where settings and rules come from.
    #[command(flatten)]
    pub config: ConfigArgs,

    /// Values file for the chart
    #[arg(long, value_name = "FILE", help_heading = "Charts")]
    pub values: Vec<PathBuf>,
    /// Set a value (key=value,…), as Helm has it
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Charts")]
    pub set: Vec<String>,
    /// Set a value as a string
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Charts")]
    pub set_string: Vec<String>,
    /// Set a value from JSON
    #[arg(long, value_name = "KEY=JSON", help_heading = "Charts")]
    pub set_json: Vec<String>,
    /// Set a value from a file's content
    #[arg(long, value_name = "KEY=FILE", help_heading = "Charts")]
    pub set_file: Vec<String>,
    /// Name of the release
    #[arg(long, value_name = "NAME", help_heading = "Charts")]
    pub release_name: Option<String>,
    /// Namespace of the release
    #[arg(short = 'n', long, value_name = "NAMESPACE", help_heading = "Charts")]
    pub namespace: Option<String>,
    /// Kubernetes version that charts and rules see [default: 1.34]
    #[arg(long, value_name = "VERSION", help_heading = "Charts")]
    pub kube_version: Option<String>,
    /// More API versions that charts see
    #[arg(short = 'a', long, value_name = "LIST", value_delimiter = ',', help_heading = "Charts")]
    pub api_versions: Vec<String>,
    /// Helm's major version to behave as
    #[arg(long, value_name = "3|4", help_heading = "Charts")]
    pub helm_dialect: Option<String>,
    /// Leave out what stands in crds/
    #[arg(long, help_heading = "Charts")]
    pub skip_crds: bool,
    /// What renders charts: the renderer inside, or the helm program [default: builtin]
    #[arg(long, value_name = "builtin|helm", help_heading = "Charts")]
    pub renderer: Option<String>,
    /// Helm's repository cache, to look for dependencies that are not vendored
    #[arg(long, value_name = "DIR", help_heading = "Charts")]
    pub helm_cache: Option<std::path::PathBuf>,
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Name what was skipped, and why
    #[arg(short, long)]
    pub verbose: bool,
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// What is read.
    #[command(flatten)]
    pub input: InputArgs,

    /// Format of the report
    #[arg(short, long, value_enum, default_value_t = Format::Pretty)]
    pub format: Format,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Rules to run: ids, groups, `pedantic`, `all`
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Rules")]
    pub select: Vec<String>,
    /// Rules not to run
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Rules")]
    pub ignore: Vec<String>,
    /// Another severity for a rule (RULE=error|warning|info)
    #[arg(long, value_name = "RULE=LEVEL", help_heading = "Rules")]
    pub severity: Vec<String>,
    /// Report only what this git revision does not have
    #[arg(long, value_name = "REV", help_heading = "Changes")]
    pub since: Option<String>,
    /// Read everything, report what these files cause; without a FILE, what the PATHs cause
    #[arg(long, value_name = "FILE", num_args = 0.., help_heading = "Changes")]
    pub caused_by: Option<Vec<PathBuf>>,
    /// Leave out the findings that this file holds
    #[arg(long, value_name = "FILE", help_heading = "Changes")]
    pub baseline: Option<PathBuf>,
    /// Write the findings to a file that --baseline reads, and exit 0
    #[arg(long, value_name = "FILE", help_heading = "Changes")]
    pub write_baseline: Option<PathBuf>,
    /// Mend what can be mended safely
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,
    /// Mend also where the meaning may change
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,
    /// Show what would be mended, change nothing
    #[arg(long, help_heading = "Fixes")]
    pub diff: bool,
    /// Severity from which findings give exit code 1 [default: warning]
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    /// Give exit code 1 when a chart could not be rendered
    #[arg(long)]
    pub fail_on_not_rendered: bool,
    /// Print the settings of this run and where each comes from
    #[arg(long, help_heading = "Configuration")]
    pub show_config: bool,
    /// Show findings that are suppressed, too
    #[arg(long)]
    pub show_suppressed: bool,
    /// Give 0 instead of 1 when there are findings
    #[arg(long)]
    pub exit_zero: bool,
    /// Colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Print findings and errors only, no summary for people
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print how often each rule fired in place of the findings
    #[arg(long)]
    pub statistics: bool,
    /// Draw no progress bar
    #[arg(long)]
    pub no_progress: bool,
}

/// Arguments of `render`.
#[derive(Args, Debug)]
pub struct RenderArgs {
    /// Print the manifests alone, as `helm template` does: nothing about where they come from and what drifts
    #[arg(long)]
    pub manifests_only: bool,

    /// What is read.
    #[command(flatten)]
    pub input: InputArgs,
}

/// Arguments of `trace`.
#[derive(Args, Debug)]
pub struct TraceArgs {
    /// What is read.
    #[command(flatten)]
    pub input: InputArgs,
    /// Only this resource (Kind/name), or all of a kind (Kind)
    #[arg(long, value_name = "KIND/NAME")]
    pub resource: Option<String>,
    /// Only what this JSONPath selects in a resource
    #[arg(long, value_name = "JSONPATH")]
    pub field: Option<String>,
    /// Format
    #[arg(short, long, value_enum, default_value_t = TraceFormat::Text)]
    pub format: TraceFormat,
}

/// Format of a trace.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceFormat {
    /// For people
    Text,
    /// The schema ddlint-trace/1
    Json,
}

/// Format of lists.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// A table
    Text,
    /// JSON
    Json,
    /// A Markdown table
    Markdown,
}

/// Arguments of `rules`.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// Format
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub format: ListFormat,
    /// Where settings and rules come from.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The rule's id
    pub rule: String,
    /// Where settings and rules come from.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Arguments of `test`.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Folders of rule files; without one the built-in rules
    #[arg(value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
}

/// Arguments of `init`.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// Add the hook to .pre-commit-config.yaml, too
    #[arg(long)]
    pub pre_commit: bool,
}

/// Arguments of `schema`.
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// The format
    #[arg(value_enum)]
    pub format: SchemaOf,
}

/// What has a schema.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOf {
    /// .ddlint.yaml
    Config,
    /// A rule file
    Rule,
    /// The report of --format json
    Report,
}

/// Arguments of `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `new`.
#[derive(Args, Debug)]
pub struct NewArgs {
    /// The rule's id: kebab-case, names the problem
    #[arg(value_name = "RULE-ID")]
    pub id: String,
    /// The folder [default: the first of `rules:` in .ddlint.yaml, else the current one]
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Where settings and rules come from.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Arguments of `query`.
#[derive(Args, Debug)]
pub struct QueryArgs {
    /// The view, for example `container`
    #[arg(long, value_name = "VIEW")]
    pub view: String,
    /// What is read; a first word that begins with `$` is a JSONPath from each member's node.
    #[command(flatten)]
    pub input: InputArgs,
}

//! The parser's bare event rate against the tape's, one thread against two, and the memory of a parsed text.
//!
//! `cargo bench -p ddlint-yaml`, over `shared/corpus/rendered` repeated to about 50 MB, or over the files given as
//! arguments. Rates are CPU time of this process, so that a busy machine disturbs them less.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench may panic and must print")]

mod cpu;

use ddlint_yaml::SourceText;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cpu::cpu_time;
use ddlint_yaml::{ParseOptions, Query, parse_with};

const SIZE: usize = 50_000_000;
const ROUNDS: usize = 5;

fn corpus() -> Option<String> {
    let given: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from).collect();
    let mut files = given;
    if files.is_empty() {
        let folder = std::env::var_os("DDLINT_SHARED")
            .map_or_else(
                || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
                PathBuf::from,
            )
            .join("corpus/rendered");
        files = std::fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path()).collect();
        files.sort();
    }
    let mut once = String::new();
    for file in files {
        once += &std::fs::read_to_string(file).unwrap();
        once += "\n---\n";
    }
    Some(once.repeat((SIZE / once.len()).max(1)))
}

/// The CPU time of some work.
fn time(work: impl FnOnce()) -> Duration {
    let begin = cpu_time();
    work();
    cpu_time() - begin
}

fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

fn bare_events(text: &str) -> usize {
    let options = granit_parser::options! {
        emit_comments: true,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
        block_nesting_limit: 512,
        flow_nesting_limit: 512,
        simple_key_max_lookahead: 1 << 16,
    };
    let mut parser = granit_parser::Parser::new_from_str_with_options(text, options);
    let mut count = 0;
    while let Some(event) = parser.next_event() {
        std::hint::black_box(&event.unwrap());
        count += 1;
    }
    count
}

/// The documents of the text, cut as simply as this corpus allows.
fn documents(text: &str) -> Vec<&str> {
    let mut documents = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices("\n---") {
        if text[at + 4..].starts_with(['\n', ' ', '\r']) {
            documents.push(&text[start..at + 1]);
            start = at + 1;
        }
    }
    documents.push(&text[start..]);
    documents
}

fn main() {
    let Some(text) = corpus() else {
        println!("skipped: the corpus is not there (set DDLINT_SHARED to the folder that holds it)");
        return;
    };
    let text: SourceText = SourceText::from(text);
    let megabytes = text.len() as f64 / 1e6;
    let rate = |time: Duration| megabytes / time.as_secs_f64();

    let stream = parse_with(text.clone(), &ParseOptions { threads: false });
    let peak = peak_memory().unwrap_or(0);
    let nodes: usize = stream.documents.iter().map(|document| document.node_count()).sum();
    println!(
        "{megabytes:.1} MB, {} documents, {nodes} nodes, {} errors",
        stream.documents.len(),
        stream.errors.len()
    );
    // The corpus was built as one `String` and copied once, so twice the text was there before.
    println!("peak memory {:.2} times the input", peak as f64 / text.len() as f64);
    drop(stream);

    let cut = documents(&text);
    let (mut whole, mut each, mut tape) = (Duration::MAX, Duration::MAX, Duration::MAX);
    // One after the other, round for round: a busy machine slows all of them.
    for _ in 0..ROUNDS {
        whole = whole.min(time(|| {
            std::hint::black_box(bare_events(&text));
        }));
        each = each.min(time(|| {
            std::hint::black_box(cut.iter().map(|document| bare_events(document)).sum::<usize>());
        }));
        tape = tape.min(time(|| {
            std::hint::black_box(parse_with(text.clone(), &ParseOptions { threads: false }));
        }));
    }
    println!("bare events, whole stream   {:6.1} MB/s", rate(whole));
    println!("bare events, per document   {:6.1} MB/s", rate(each));
    let bare = whole.min(each).as_secs_f64();
    println!("tape                        {:6.1} MB/s, {:.2} of bare", rate(tape), bare / tape.as_secs_f64());
    let stream = parse_with(text.clone(), &ParseOptions { threads: false });
    let begin = cpu_time();
    let duplicates: usize = stream.documents.iter().map(|document| document.duplicates().len()).sum();
    println!("duplicate keys              {:6.1} MB/s, {duplicates} found", rate(cpu_time() - begin));

    let queries = [
        "$.kind",
        "$.metadata.labels['app.kubernetes.io/name']",
        "$.spec.template.spec.containers[*].image",
        "$.spec.template.spec.containers[?@.name == 'agent'].env[?@.name == 'DD_SITE'].value",
        "$..image",
        "$..env[?match(@.name, 'DD_.*')]",
    ];
    for text in queries {
        let query = Query::parse(text).unwrap();
        let begin = cpu_time();
        let found: usize = stream.documents.iter().map(|document| query.select_in(document).len()).sum();
        let each = (cpu_time() - begin).as_nanos() / stream.documents.len() as u128;
        println!("query {each:6} ns each document, {found:6} found: {text}");
    }
    drop(stream);

    let wall = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let round = || {
            let begin = Instant::now();
            pool.install(|| std::hint::black_box(parse_with(text.clone(), &ParseOptions::default())));
            begin.elapsed()
        };
        (0..ROUNDS).map(|_| round()).min().unwrap()
    };
    let (one, two) = (wall(1), wall(2));
    println!(
        "wall: one thread {:.1} MB/s, two {:.1} MB/s, {:.2} times",
        rate(one),
        rate(two),
        one.as_secs_f64() / two.as_secs_f64()
    );
}

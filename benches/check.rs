//! The whole check beside parsing alone: CPU time, one thread against two, and peak memory against the input.
//!
//! `cargo bench -p ddlint --bench check`, over `shared/corpus/rendered` repeated to about 50 MB, or over the folder
//! given as argument. Each round runs parsing alone, the check with one thread and the check with two, one after the
//! other, each as a whole process: parsing alone is this program, which reads the files, parses them and holds the
//! trees, as the check has to. How long parsing takes in a process that is warm is told beside it: what is read is in
//! memory, and each tree is dropped before the next. The figures are the medians of the rounds.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench may panic and must print")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ddlint_yaml::{ParseOptions, SourceText, parse_with};

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZE: u64 = 50_000_000;
const ROUNDS: usize = 15;
/// Asks this program to parse a folder, and to do nothing else.
const PARSE: &str = "--parse-alone";

/// The folder with the input: given, or the corpus copied as often as the size wants.
fn input() -> Option<PathBuf> {
    if let Some(given) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        return Some(PathBuf::from(given));
    }
    let corpus = std::env::var_os("DDLINT_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from)
        .join("corpus/rendered");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(corpus).ok()?.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let once: u64 = files.iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-check");
    let _ = std::fs::remove_dir_all(&folder);
    for copy in 0..(SIZE / once).max(1) {
        let below = folder.join(copy.to_string());
        std::fs::create_dir_all(&below).unwrap();
        for file in &files {
            std::fs::copy(file, below.join(file.file_name().unwrap())).unwrap();
        }
    }
    Some(folder)
}

fn texts(folder: &Path, out: &mut Vec<SourceText>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            texts(&path, out);
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml") {
            out.push(std::fs::read_to_string(path).unwrap().into());
        }
    }
}

/// What a process cost.
#[derive(Clone, Copy)]
struct Cost {
    elapsed: Duration,
    /// In all threads, with the system's part. Linux only.
    cpu: Duration,
    /// Bytes. Linux only, looked at every 2 milliseconds.
    peak: u64,
}

/// CPU time of the children that ended so far, in clock ticks of 10 ms.
fn children_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    Duration::from_millis((ticks(13) + ticks(14)) * 10)
}

fn check(folder: &Path, jobs: usize) -> Cost {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ddlint"));
    command.args(["check", "--isolated", "--exit-zero", "--format", "json", "--jobs", &jobs.to_string()]);
    cost(command.arg(folder))
}

fn parse_alone(folder: &Path) -> Cost {
    cost(Command::new(std::env::current_exe().unwrap()).arg(PARSE).arg(folder))
}

fn cost(command: &mut Command) -> Cost {
    let (before, start) = (children_cpu(), Instant::now());
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() * 1024);
        std::thread::sleep(Duration::from_millis(2));
    }
    Cost { elapsed: start.elapsed(), cpu: children_cpu() - before, peak }
}

fn median<T: Ord + Copy>(mut all: Vec<T>) -> T {
    all.sort();
    all[all.len() / 2]
}

fn main() {
    if let Some(folder) = std::env::args().skip_while(|argument| argument != PARSE).nth(1) {
        let mut read = Vec::new();
        texts(Path::new(&folder), &mut read);
        let held: Vec<_> =
            read.into_iter().map(|text| parse_with(text, &ParseOptions { threads: false })).collect();
        println!("{}", held.iter().map(|stream| stream.documents.len()).sum::<usize>());
        // As the check, which leaves its trees to the end of the process.
        std::mem::forget(held);
        return;
    }
    let Some(folder) = input() else {
        println!("skipped: no corpus beside the project and no folder given");
        return;
    };
    let mut read = Vec::new();
    texts(&folder, &mut read);
    let bytes: usize = read.iter().map(|text| text.len()).sum();
    let mut documents = 0;
    let mut warm = Vec::new();
    let mut alone = Vec::new();
    let mut one = Vec::new();
    let mut two = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        documents = 0;
        for text in &read {
            documents += parse_with(text.clone(), &ParseOptions { threads: false }).documents.len();
        }
        warm.push(start.elapsed());
        alone.push(parse_alone(&folder));
        one.push(check(&folder, 1));
        two.push(check(&folder, 2));
    }
    let of = |all: &[Cost]| {
        (
            median(all.iter().map(|cost| cost.elapsed).collect()).as_secs_f64(),
            median(all.iter().map(|cost| cost.cpu).collect()).as_secs_f64(),
            median(all.iter().map(|cost| cost.peak).collect()),
        )
    };
    let row = |name: &str, (elapsed, cpu, peak): (f64, f64, u64)| {
        println!("{name:<22} {elapsed:.2} s, CPU {cpu:.2} s, peak {} MB", peak / 1_000_000);
    };
    let (parsing, checking, two) = (of(&alone), of(&one), of(&two));
    println!("input                  {bytes} bytes, {documents} documents");
    println!("parsing, warm          {:.2} s", median(warm).as_secs_f64());
    row("parsing alone", parsing);
    row("check, one thread", checking);
    row("check, two threads", two);
    println!("check to parsing       {:.2} (one thread; at most 2)", checking.0 / parsing.0);
    println!("one thread to two      {:.2} (at least 1.7)", checking.0 / two.0);
    println!("peak to input          {:.2} (at most 4)", checking.2.max(two.2) as f64 / bytes as f64);
}

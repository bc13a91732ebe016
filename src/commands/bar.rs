//! The progress bar: on a terminal, for work that takes a while, gone when the report begins.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::progress;

/// Work that is done sooner has no bar.
const PATIENCE: Duration = Duration::from_millis(700);
const WIDTH: usize = 30;

/// A bar that is drawn until it is dropped.
pub(super) struct Bar {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// A bar, if one is wanted and standard error is a terminal.
    pub(super) fn start(wanted: bool) -> Bar {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if !wanted || dumb || !std::io::stderr().is_terminal() {
            return Bar { end: None, thread: None };
        }
        let (end, ended) = channel();
        let thread = std::thread::spawn(move || {
            let mut wait = PATIENCE;
            let mut drawn = false;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let _ = write!(std::io::stderr(), "\r{}", draw(progress::read()));
                let _ = std::io::stderr().flush();
                (drawn, wait) = (true, Duration::from_millis(100));
            }
            if drawn {
                // The line is wiped: a report may follow.
                let _ = write!(std::io::stderr(), "\r\u{1b}[K");
            }
        });
        Bar { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn draw((done, known): (usize, usize)) -> String {
    let known = known.max(done);
    let full = (done * WIDTH).checked_div(known).unwrap_or(0);
    format!("[{}{}] {done} of {known} files and charts", "█".repeat(full), "░".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn the_bar_is_never_longer_than_its_place() {
        for (done, known) in [(0, 0), (0, 7), (3, 7), (7, 7), (9, 7)] {
            assert_eq!(draw((done, known)).chars().filter(|c| "█░".contains(*c)).count(), 30);
        }
        assert!(draw((1, 2)).ends_with("1 of 2 files and charts"));
    }
}

//! How far a run is: files read and charts rendered, of those that are known by now. Counted, never timed.
//!
//! Deliberately absent: drawing it (`commands`), and everything that could depend on it.

use std::sync::atomic::{AtomicUsize, Ordering};

static KNOWN: AtomicUsize = AtomicUsize::new(0);
static DONE: AtomicUsize = AtomicUsize::new(0);

/// So much more is known to be done.
pub fn expect(count: usize) {
    KNOWN.fetch_add(count, Ordering::Relaxed);
}

/// One of them is done.
pub fn step() {
    DONE.fetch_add(1, Ordering::Relaxed);
}

/// What is done, and what is known to be done.
pub fn read() -> (usize, usize) {
    (DONE.load(Ordering::Relaxed), KNOWN.load(Ordering::Relaxed))
}

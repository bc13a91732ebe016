//! Room on the stack for recursion that is bounded, but deeper than a thread's usual stack.
//!
//! Deliberately absent: the bounds. Each recursion counts its own depth.

/// Runs `f` with at least this much stack left, on a new piece of stack where need be.
pub(crate) fn with_room<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(128 << 10, 2 << 20, f)
}

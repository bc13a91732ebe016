//! Truth with a third value: what is put in by something else (an encrypted value, a placeholder, a values file that
//! is not at hand) is not known, and no condition on it may hold.
//!
//! Deliberately absent: where a value was given; see [`super::chart::Setting`].

/// One is true; or nothing is known about one that could be; or all are false.
pub(crate) fn any(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = false,
        }
    }
    known.then_some(false)
}

/// All are true; or nothing is known about one that could be false; or one is false.
pub(crate) fn all(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    not(any(parts.into_iter().map(not)))
}

/// The opposite, where anything is known.
pub(crate) fn not(part: Option<bool>) -> Option<bool> {
    part.map(|known| !known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_true_part_decides_any_and_a_false_one_all() {
        assert_eq!(any([None, Some(true)]), Some(true));
        assert_eq!(any([None, Some(false)]), None);
        assert_eq!(any([Some(false), Some(false)]), Some(false));
        assert_eq!(all([None, Some(false)]), Some(false));
        assert_eq!(all([None, Some(true)]), None);
        assert_eq!(all([Some(true), Some(true)]), Some(true));
    }
}

//! The nearest right name for a word that is none.

/// The candidate that is most like the word, if one is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(f64, &'a str)> = None;
    for candidate in candidates {
        let likeness = strsim::normalized_damerau_levenshtein(word, candidate);
        let part =
            word.len().min(candidate.len()) >= 4 && (candidate.contains(word) || word.contains(candidate));
        let likeness = if part { likeness.max(0.6) } else { likeness };
        if likeness >= 0.5 && best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The sentence for a help text: did you mean …?
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_name_and_a_strange_word_finds_none() {
        let names = ["target.kind", "target.port", "namespace"];
        assert_eq!(nearest("target.knd", names), Some("target.kind"));
        assert_eq!(nearest("namespce", names), Some("namespace"));
        assert_eq!(nearest("port", names), Some("target.port"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest("frobnicate", ["cat", "replace"]), None);
    }
}

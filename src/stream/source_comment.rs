//! Helm's `# Source:` comments, in a stream of `helm template` or a file that holds one.
//!
//! Deliberately absent: looking for the template: its chart need not be at hand.

/// The template that the document around a byte was rendered from.
pub fn template_of(text: &str, offset: u32) -> Option<&str> {
    let before = text.get(..offset as usize)?;
    let start = match before.rfind("\n---") {
        Some(at) => at + 1,
        None => 0,
    };
    let head = text.get(start..)?.lines().take_while(|line| line.starts_with("---") || line.starts_with('#'));
    let name = head.filter_map(|line| line.strip_prefix("# Source: ")).last()?.trim();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::template_of;

    #[test]
    fn each_document_has_its_own_template() {
        let text = "---\n# Source: web/templates/a.yaml\nkind: A\n---\n# Source: web/templates/b.yaml\nkind: B\n---\nkind: C\n# Source: no\n";
        let at = |needle: &str| template_of(text, text.find(needle).expect(needle) as u32);
        assert_eq!(at("kind: A"), Some("web/templates/a.yaml"));
        assert_eq!(at("kind: B"), Some("web/templates/b.yaml"));
        assert_eq!(at("kind: C"), None);
        assert_eq!(template_of("kind: A\n", 3), None);
    }
}

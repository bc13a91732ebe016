//! Texts that something puts a value into before the cluster sees them: nothing is known about such a value.
//!
//! Deliberately absent: `${VAR}`. Kubernetes and Helm take it literally; only who knows that something substitutes
//! it (`envsubst` in a script, Flux) may call it unknown.

/// Whether a text holds a placeholder: a template action, a vault reference, a value encrypted by SOPS.
pub(crate) fn is_placeholder(text: &str) -> bool {
    if !text.contains(['{', '<', '[', ':', '+', '%', '#']) {
        return false;
    }
    text.contains("{{")
        || text.contains("{%")
        || text.contains("<%")
        || text.contains("ENC[")
        || holds_vault_path(text)
        || text.starts_with("secrets://")
        || text.starts_with("vault:")
        || text.starts_with("ref+")
        || text.starts_with("secretref+")
        || text.starts_with("op://")
        || text.starts_with("awssm://")
        || text.contains("#{")
}

/// `<path:secret/data/x#key>` and `<key | base64encode>` of the ArgoCD vault plugin.
fn holds_vault_path(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        rest.starts_with("path:") && rest.contains('>')
    })
}

/// Whether a text holds `$VAR` or `${VAR}` of a shell.
pub(crate) fn holds_shell_variable(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_text() {
        for text in [
            "{{ .x }}",
            "a-{{x}}",
            "<path:kv/dd#token>",
            "ENC[AES256_GCM,data:x]",
            "ref+vault://a",
            "vault:a#b",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["", "http://$(HOST_IP):8126", "<none>", "${VAR}", "a:b", "[a]", "{a}", "x#y", "10.0.0.1"]
        {
            assert!(!is_placeholder(text), "{text}");
        }
        assert!(holds_shell_variable("a${B}") && holds_shell_variable("$b"));
        assert!(!holds_shell_variable("$(B)") && !holds_shell_variable("5$") && !holds_shell_variable("$$1"));
    }
}

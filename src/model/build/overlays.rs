//! Which overlay a path lies in: `overlays/prod`, `envs/staging`, `clusters/eu`, or siblings that are named as
//! environments are.

use std::collections::{BTreeMap, BTreeSet};

/// Folders whose members are overlays of each other.
const HOLDERS: &[&str] =
    &["overlays", "overlay", "envs", "env", "environments", "environment", "clusters", "cluster"];
/// Names of environments; siblings of which two have one are overlays too.
const NAMES: &[&str] = &[
    "acc",
    "acceptance",
    "dev",
    "develop",
    "development",
    "integration",
    "live",
    "local",
    "nonprod",
    "pre-prod",
    "preprod",
    "preview",
    "prod",
    "production",
    "qa",
    "sandbox",
    "stage",
    "staging",
    "stg",
    "test",
    "testing",
    "uat",
];

/// The overlays of the input.
#[derive(Debug, Default)]
pub(super) struct Overlays {
    /// Folders with at least two members that are overlays.
    holders: BTreeMap<String, BTreeSet<String>>,
    /// Files that overlays elsewhere build on.
    shared: BTreeMap<String, BTreeSet<String>>,
    /// Folders that the configuration calls a cluster.
    pub(super) clusters: BTreeMap<String, String>,
}

impl Overlays {
    pub(super) fn find<'a>(paths: impl Iterator<Item = &'a str>) -> Overlays {
        let mut holders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in paths {
            for (at, _) in path.match_indices('/') {
                let above = path.get(..at).unwrap_or_default();
                let (holder, name) = above.rsplit_once('/').unwrap_or(("", above));
                let word = holder.rsplit('/').next().unwrap_or_default();
                if HOLDERS.contains(&word) && !is_common(name) || NAMES.contains(&name) {
                    holders.entry(holder.to_string()).or_default().insert(name.to_string());
                }
            }
        }
        holders.retain(|_, names| names.len() > 1);
        Overlays { holders, ..Overlays::default() }
    }

    /// The overlay that a path lies in: the outermost.
    pub(super) fn of(&self, path: &str) -> Option<String> {
        for (at, _) in path.match_indices('/') {
            let above = path.get(..at).unwrap_or_default();
            if let Some(cluster) = self.clusters.get(above) {
                return Some(cluster.clone());
            }
            let (holder, name) = above.rsplit_once('/').unwrap_or(("", above));
            if self.holders.get(holder).is_some_and(|names| names.contains(name)) {
                return Some(name.to_string());
            }
        }
        None
    }

    /// All overlays that a file belongs to; none is one of them where it belongs to no overlay.
    pub(super) fn all(&self, path: &str) -> Vec<Option<String>> {
        if let Some(own) = self.of(path) {
            return vec![Some(own)];
        }
        match self.shared.get(path) {
            Some(overlays) => overlays.iter().cloned().map(Some).collect(),
            None => vec![None],
        }
    }

    /// A file that an overlay builds on.
    pub(super) fn add(&mut self, path: &str, overlay: &str) {
        self.shared.entry(path.to_string()).or_default().insert(overlay.to_string());
    }
}

/// Whether environments are called so.
pub(super) fn is_environment(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Members of `clusters/` that are for all of them.
fn is_common(name: &str) -> bool {
    matches!(name, "base" | "bases" | "common" | "shared" | "default" | "all" | "global" | "templates")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_are_overlays_and_only_children_are_not() {
        let paths = [
            "app/overlays/prod/a.yaml",
            "app/overlays/staging/a.yaml",
            "app/overlays/base/a.yaml",
            "clusters/main/x.yaml",
            "k8s/dev/x.yaml",
            "k8s/prod/deep/y.yaml",
            "k8s/api/z.yaml",
            "test/x.yaml",
        ];
        let overlays = Overlays::find(paths.into_iter());
        let of = |path: &str| overlays.of(path);
        assert_eq!(of("app/overlays/prod/deep/a.yaml").as_deref(), Some("prod"));
        assert_eq!(of("app/overlays/staging/a.yaml").as_deref(), Some("staging"));
        assert_eq!(of("app/overlays/base/a.yaml"), None);
        assert_eq!(of("clusters/main/x.yaml"), None);
        assert_eq!(of("k8s/dev/x.yaml").as_deref(), Some("dev"));
        assert_eq!(of("k8s/api/z.yaml"), None);
        assert_eq!(of("test/x.yaml"), None);
        assert_eq!(of("x.yaml"), None);
    }
}

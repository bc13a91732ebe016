//! What Applications deploy: which of their sources lie in the input, and which resources those hold.

use std::collections::BTreeMap;

use globset::GlobBuilder;

use super::Builder;
use crate::discover::{EntryKind, file_name, join};
use crate::model::{AppId, ResourceId};

/// Applications that deploy Applications that deploy …
const MOST_ROUNDS: usize = 64;

impl Builder<'_> {
    /// Finds the local sources of all Applications, loads what they deploy, and repeats that for the Applications
    /// found on the way.
    pub(super) fn follow_applications(&mut self) {
        let mut done = 0;
        for _ in 0..MOST_ROUNDS {
            if done == self.applications.len() {
                break;
            }
            done = self.applications.len();
            self.ours = self.our_repositories();
            for id in self.app_ids() {
                self.find_local_paths(id);
            }
            for id in self.app_ids() {
                for folder in self.folders_of(id) {
                    let files = self.files_of_source(&folder);
                    self.ingest(&files);
                }
            }
        }
        for id in self.app_ids() {
            self.mark_deployed(id);
        }
    }

    /// The repository that the input is: the one that most sources with existing paths name. With it, a folder below
    /// which its paths begin; the configuration may name more.
    fn our_repositories(&self) -> BTreeMap<String, String> {
        let mut votes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut order = 0;
        let mut vote = |url: &str| {
            order += 1;
            let entry = votes.entry(repository_key(url)).or_insert((0, order));
            entry.0 += 1;
        };
        for app in &self.applications {
            for source in &app.sources {
                let Some(url) = &source.repo_url else { continue };
                let exists = source.chart.is_none()
                    && source.path.as_ref().is_some_and(|(path, _)| {
                        discover_path(path).is_some_and(|path| !path.is_empty() && self.is_folder(&path))
                    });
                if exists || source.reference.as_ref().is_some_and(|name| self.reference_exists(app, name)) {
                    vote(url);
                }
            }
        }
        // Of two with as many votes, the first.
        let most = votes.iter().max_by_key(|(_, (count, order))| (*count, std::cmp::Reverse(*order)));
        let mut ours: BTreeMap<String, String> =
            most.map(|(url, _)| (url.clone(), String::new())).into_iter().collect();
        for (url, folder) in &self.settings.repositories {
            ours.insert(repository_key(url), folder.trim_matches('/').to_string());
        }
        ours
    }

    /// Whether a values file named through `$ref` exists below the root.
    fn reference_exists(&self, app: &crate::model::application::Application, reference: &str) -> bool {
        app.sources.iter().filter_map(|source| self.node(source.at?)).any(|source| {
            source.at(&["helm", "valueFiles"]).into_iter().flat_map(|list| list.items()).any(|item| {
                let path = item
                    .text()
                    .and_then(|text| text.strip_prefix('$')?.strip_prefix(reference)?.strip_prefix('/'));
                path.and_then(discover_path).is_some_and(|path| self.is_file(&path))
            })
        })
    }

    fn find_local_paths(&mut self, id: AppId) {
        let Some(app) = self.applications.get(id.0 as usize) else { return };
        let local = |source: &crate::model::application::Source| {
            let prefix = self.ours.get(&repository_key(source.repo_url.as_deref()?))?;
            match (&source.path, &source.chart, &source.reference) {
                (Some((path, _)), None, _) => {
                    join(prefix, path.trim_start_matches('/')).filter(|path| self.is_folder(path))
                }
                // A source that others refer to stands for the repository's root.
                (None, None, Some(_)) => Some(prefix.clone()),
                _ => None,
            }
        };
        let paths: Vec<Option<String>> = app.sources.iter().map(local).collect();
        let Some(app) = self.applications.get_mut(id.0 as usize) else { return };
        for (source, path) in app.sources.iter_mut().zip(paths) {
            source.local_path = path;
        }
    }

    /// The folders of manifests that an Application deploys.
    fn folders_of(&self, id: AppId) -> Vec<Folder> {
        let Some(app) = self.applications.get(id.0 as usize) else { return Vec::new() };
        let mut folders = Vec::new();
        for source in &app.sources {
            let (Some(path), Some(_)) = (&source.local_path, &source.path) else { continue };
            let node = source.at.and_then(|at| self.node(at));
            let has = |key: &str| node.and_then(|node| node.get(key)).is_some_and(|node| !node.is_null());
            // A block decides; else what lies in the folder does (argocd.md 1.1).
            if has("plugin") || has("helm") || (!has("kustomize") && !has("directory") && self.is_chart(path))
            {
                continue;
            }
            let text = |key: &str| {
                let text = node.and_then(|node| node.at(&["directory", key])).and_then(|node| node.text());
                text.filter(|text| !text.is_empty()).map(str::to_string)
            };
            folders.push(Folder {
                path: path.clone(),
                recurse: source.recurse,
                include: text("include"),
                exclude: text("exclude"),
                directory: has("directory"),
            });
        }
        folders
    }

    /// The files that a folder of an Application deploys.
    fn files_of_source(&mut self, folder: &Folder) -> Vec<String> {
        if !folder.directory
            && let Some(path) = self.kustomization_file(&folder.path)
        {
            self.ingest(&[path]);
            return self.closure(&folder.path).into_keys().collect();
        }
        let mut files = Vec::new();
        self.list_manifests(folder, &folder.path, 0, &mut files);
        files
    }

    fn list_manifests(&self, folder: &Folder, at: &str, depth: usize, out: &mut Vec<String>) {
        for entry in self.loader.tree.list(at).unwrap_or_default() {
            let Some(path) = join(at, &entry.name) else { continue };
            match entry.kind {
                EntryKind::Folder
                    if folder.recurse && depth < 64 && entry.link.is_none() && entry.name != ".git" =>
                {
                    self.list_manifests(folder, &path, depth + 1, out);
                }
                EntryKind::File if is_manifest_name(&entry.name) && folder.takes(&path) => out.push(path),
                _ => {}
            }
        }
    }

    fn mark_deployed(&mut self, id: AppId) {
        for folder in self.folders_of(id) {
            for file in self.files_of_source(&folder) {
                for resource in self.resources_of.get(&file).cloned().unwrap_or_default() {
                    self.deploy(resource, id);
                }
            }
        }
    }

    /// Notes that an Application deploys a resource, and that it is the parent of an Application among them.
    pub(super) fn deploy(&mut self, resource: ResourceId, id: AppId) {
        let own = self.applications.get(id.0 as usize).map(|app| app.resource);
        if own == Some(resource) {
            return;
        }
        if let Some(resource) = self.resources.get_mut(resource.0 as usize)
            && !resource.deployers.contains(&id)
        {
            resource.deployers.push(id);
            resource.deployed_by.get_or_insert(id);
        }
        for app in self.applications.iter_mut().filter(|app| app.resource == resource) {
            app.parent.get_or_insert(id);
        }
    }
}

struct Folder {
    path: String,
    recurse: bool,
    include: Option<String>,
    exclude: Option<String>,
    directory: bool,
}

impl Folder {
    /// ArgoCD's `exclude` and `include`: globs on the path below the source's, `*` crosses `/`.
    fn takes(&self, path: &str) -> bool {
        if !self.directory {
            return true;
        }
        let relative = path.strip_prefix(self.path.as_str()).unwrap_or(path).trim_start_matches('/');
        let matches = |glob: &str| {
            GlobBuilder::new(glob)
                .literal_separator(false)
                .build()
                .is_ok_and(|glob| glob.compile_matcher().is_match(relative))
        };
        !self.exclude.as_deref().is_some_and(matches) && self.include.as_deref().is_none_or(matches)
    }
}

fn is_manifest_name(name: &str) -> bool {
    let name = file_name(name);
    [".yaml", ".yml", ".json"].iter().any(|extension| name.ends_with(extension))
}

fn discover_path(path: &str) -> Option<String> {
    crate::discover::normalize(path)
}

/// A repository's URL without what differs between ways to write it.
pub(super) fn repository_key(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    let url = match url.split_once("://") {
        Some((_, rest)) => rest.to_string(),
        // git@host:owner/name
        None => url.replacen(':', "/", 1),
    };
    let url = match url.split_once('/') {
        Some((host, path)) => format!("{}/{path}", host.rsplit_once('@').map_or(host, |(_, host)| host)),
        None => url,
    };
    url.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::repository_key;

    #[test]
    fn ways_to_write_one_repository() {
        let keys: Vec<String> = [
            "https://github.com/acme/Deploy.git",
            "git@github.com:acme/deploy.git",
            "ssh://git@github.com/acme/deploy",
            "https://user@github.com/acme/deploy/",
        ]
        .iter()
        .map(|url| repository_key(url))
        .collect();
        assert!(keys.iter().all(|key| key == "github.com/acme/deploy"), "{keys:?}");
    }
}

//! The packages of the tree and what their manifests ask for.

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::document::{Document, Value};
use crate::{Tree, Violation, paths};

/// All packages, ordered by their folders.
pub(crate) struct Workspace<'tree> {
    pub(crate) packages: Vec<Package<'tree>>,
    /// Packages that the workspace table gives another name.
    renamed: BTreeMap<String, String>,
    /// Manifests that are no TOML.
    pub(crate) unreadable: Vec<Violation>,
}

/// One `Cargo.toml` with a `[package]` table.
pub(crate) struct Package<'tree> {
    pub(crate) manifest: Document<'tree>,
}

/// What a dependency is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `[dependencies]` and `[build-dependencies]`.
    Product,
    /// `[dev-dependencies]`.
    Tests,
}

/// One line of a dependency table.
pub(crate) struct Dependency<'package> {
    /// The name of the package, also where this line renames it.
    pub(crate) package: &'package str,
    pub(crate) purpose: Purpose,
    pub(crate) line: usize,
    pub(crate) value: &'package Value<'package>,
}

impl<'tree> Workspace<'tree> {
    pub(crate) fn of(tree: &'tree Tree) -> Self {
        let mut workspace = Self {
            packages: Vec::new(),
            renamed: BTreeMap::new(),
            unreadable: Vec::new(),
        };
        for (path, text) in tree.with_extension("toml") {
            if paths::name(path) != "Cargo.toml" || paths::passes(path, "testdata") {
                continue;
            }
            match Document::parse(path, text) {
                Ok(manifest) => workspace.add(manifest),
                Err(violation) => workspace.unreadable.push(violation),
            }
        }
        workspace
    }

    fn add(&mut self, manifest: Document<'tree>) {
        let shared = manifest.table(&["workspace", "dependencies"]);
        for (key, value) in shared.into_iter().flatten() {
            let name = package_name(key.get_ref(), value);
            self.renamed
                .insert(key.get_ref().to_string(), name.to_owned());
        }
        if manifest.get(&["package"]).is_some() {
            self.packages.push(Package { manifest });
        }
    }

    /// The name of the package behind a dependency, also where the workspace
    /// table renames it.
    pub(crate) fn package_name<'name>(&'name self, dependency: &Dependency<'name>) -> &'name str {
        self.renamed
            .get(dependency.package)
            .map_or(dependency.package, String::as_str)
    }

    /// The packages built by the workspace: all but those that are one of
    /// their own, as fuzz targets are.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package<'tree>> {
        self.packages
            .iter()
            .filter(|package| package.manifest.get(&["workspace"]).is_none())
    }

    /// The package called `name`.
    pub(crate) fn named(&self, name: &str) -> Option<&Package<'tree>> {
        self.packages.iter().find(|package| package.name() == name)
    }

    /// The package that the file at `path` belongs to: the nearest one above.
    pub(crate) fn owner(&self, path: &str) -> Option<&Package<'tree>> {
        self.packages
            .iter()
            .filter(|package| paths::below(path, package.folder()).is_some())
            .max_by_key(|package| package.folder().len())
    }
}

impl Package<'_> {
    pub(crate) fn folder(&self) -> &str {
        paths::folder(self.manifest.path)
    }

    pub(crate) fn name(&self) -> &str {
        self.manifest.string(&["package", "name"]).unwrap_or("")
    }

    /// All direct dependencies, also those of single targets.
    pub(crate) fn dependencies(&self) -> Vec<Dependency<'_>> {
        let mut found = Vec::new();
        self.add_dependencies(self.manifest.root(), &mut found);
        let targets = self.manifest.table(&["target"]);
        for target in targets.into_iter().flat_map(DeTable::values) {
            if let Some(target) = target.get_ref().as_table() {
                self.add_dependencies(target, &mut found);
            }
        }
        found
    }

    fn add_dependencies<'package>(
        &'package self,
        holder: &'package DeTable<'package>,
        found: &mut Vec<Dependency<'package>>,
    ) {
        for (section, purpose) in [
            ("dependencies", Purpose::Product),
            ("build-dependencies", Purpose::Product),
            ("dev-dependencies", Purpose::Tests),
        ] {
            let table = holder
                .get(section)
                .and_then(|value| value.get_ref().as_table());
            for (key, value) in table.into_iter().flatten() {
                found.push(Dependency {
                    package: package_name(key.get_ref(), value),
                    purpose,
                    line: self.manifest.line_of(key),
                    value,
                });
            }
        }
    }
}

/// The name of the package behind a line of a dependency table.
pub(crate) fn package_name<'value>(key: &'value str, value: &'value Value<'value>) -> &'value str {
    value
        .get_ref()
        .get("package")
        .and_then(|name| name.get_ref().as_str())
        .unwrap_or(key)
}

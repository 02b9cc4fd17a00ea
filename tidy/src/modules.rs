//! Which files the compiler reads: from the roots of each package along its
//! `mod` declarations.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, File, ItemMod, Lit, Meta};
use toml::de::DeTable;

use crate::test_code::is_test_only;
use crate::workspace::{Package, Workspace};
use crate::{Tree, paths};

/// Folders whose files are programs or modules of programs for tests.
const TEST_FOLDERS: &[&str] = &["tests", "benches", "examples"];

/// The files that some root leads to.
#[derive(Default)]
pub(crate) struct Modules {
    /// Whether product code reaches the file, or only tests.
    reached: BTreeMap<String, Reach>,
}

/// Who compiles a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Tests,
    Product,
}

/// A file on the way, and how it was come to.
struct Step {
    path: String,
    is_root: bool,
    reach: Reach,
}

impl Modules {
    /// Follows the modules of all packages. `syntax` holds each file that
    /// could be parsed.
    pub(crate) fn of(
        tree: &Tree,
        workspace: &Workspace<'_>,
        syntax: &BTreeMap<&str, &File>,
    ) -> Self {
        let mut modules = Self::default();
        let mut steps: Vec<Step> = Vec::new();
        for package in &workspace.packages {
            steps.extend(roots(package, tree));
        }
        while let Some(step) = steps.pop() {
            if modules.reach(&step.path) >= Some(step.reach) {
                continue;
            }
            modules.reached.insert(step.path.clone(), step.reach);
            if let Some(file) = syntax.get(step.path.as_str()) {
                steps.extend(children(&step, file, tree));
            }
        }
        modules
    }

    /// Who compiles the file at `path`; `None` if nobody does.
    pub(crate) fn reach(&self, path: &str) -> Option<Reach> {
        self.reached.get(path).copied()
    }
}

/// The files from which the compiler starts: those Cargo finds by itself and
/// those the manifest names.
fn roots(package: &Package<'_>, tree: &Tree) -> Vec<Step> {
    let named = named_roots(package);
    let folder = package.folder();
    tree.with_extension("rs")
        .filter_map(|(path, _)| {
            let inside = paths::below(path, folder)?;
            let first = inside.split('/').next().unwrap_or(inside);
            let reach = if TEST_FOLDERS.contains(&first) {
                Reach::Tests
            } else if is_found_by_cargo(inside) || named.iter().any(|root| root == path) {
                Reach::Product
            } else {
                return None;
            };
            Some(Step {
                path: path.to_owned(),
                is_root: true,
                reach,
            })
        })
        .collect()
}

fn is_found_by_cargo(inside: &str) -> bool {
    if matches!(inside, "build.rs" | "src/lib.rs" | "src/main.rs") {
        return true;
    }
    let Some(binary) = paths::below(inside, "src/bin") else {
        return false;
    };
    match binary.split_once('/') {
        Some((_, rest)) => rest == "main.rs",
        None => true,
    }
}

fn named_roots(package: &Package<'_>) -> Vec<String> {
    let manifest = &package.manifest;
    let mut tables: Vec<&DeTable<'_>> = manifest.table(&["lib"]).into_iter().collect();
    for kind in ["bin", "test", "bench", "example"] {
        let targets = manifest
            .get(&[kind])
            .and_then(|list| list.get_ref().as_array());
        for target in targets.into_iter().flat_map(|list| list.iter()) {
            tables.extend(target.get_ref().as_table());
        }
    }
    tables
        .into_iter()
        .filter_map(|table| table.get("path")?.get_ref().as_str())
        .chain(manifest.string(&["package", "build"]))
        .filter_map(|path| paths::join(package.folder(), path))
        .collect()
}

/// The files that the `mod` declarations of one file lead to.
fn children(parent: &Step, file: &File, tree: &Tree) -> Vec<Step> {
    let mut declarations = Declarations::default();
    declarations.visit_file(file);
    let mut steps = Vec::new();
    for declared in declarations.found {
        let reach = if declared.is_test_only {
            Reach::Tests
        } else {
            parent.reach
        };
        let found = declared
            .candidates(parent)
            .into_iter()
            .find(|path| tree.has_file(path));
        steps.extend(found.map(|path| Step {
            path,
            is_root: false,
            reach,
        }));
    }
    steps
}

/// Collects the `mod name;` declarations of one file.
#[derive(Default)]
struct Declarations {
    /// The inline modules around the current place.
    inside: Vec<String>,
    tests_around: usize,
    found: Vec<Declared>,
}

struct Declared {
    inside: Vec<String>,
    name: String,
    path: Option<String>,
    is_test_only: bool,
}

impl<'file> Visit<'file> for Declarations {
    fn visit_item_mod(&mut self, module: &'file ItemMod) {
        let is_test_only = is_test_only(&module.attrs);
        if module.content.is_none() {
            self.found.push(Declared {
                inside: self.inside.clone(),
                name: module.ident.to_string(),
                path: path_attribute(module),
                is_test_only: is_test_only || self.tests_around > 0,
            });
            return;
        }
        self.inside.push(module.ident.to_string());
        self.tests_around += usize::from(is_test_only);
        visit::visit_item_mod(self, module);
        self.tests_around -= usize::from(is_test_only);
        self.inside.pop();
    }
}

impl Declared {
    /// Where the file of this module may lie, as the Rust reference says.
    fn candidates(&self, parent: &Step) -> Vec<String> {
        let folder = paths::folder(&parent.path);
        let is_folder_root = parent.is_root || paths::name(&parent.path) == "mod.rs";
        let own_folder = if is_folder_root {
            folder
        } else {
            paths::without_extension(&parent.path)
        };
        let inner = self.inside.join("/");
        if let Some(path) = &self.path {
            let base = if inner.is_empty() { folder } else { own_folder };
            return paths::join(base, &format!("{inner}/{path}"))
                .into_iter()
                .collect();
        }
        ["{}.rs", "{}/mod.rs"]
            .iter()
            .filter_map(|shape| {
                let file = shape.replace("{}", &self.name);
                paths::join(own_folder, &format!("{inner}/{file}"))
            })
            .collect()
    }
}

fn path_attribute(module: &ItemMod) -> Option<String> {
    module
        .attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(path),
                    ..
                }) => Some(path.value()),
                _ => None,
            },
            _ => None,
        })
}

//! Public functions of pure crates speak in newtypes: a bare `u64` or
//! `[u8; 32]` in a signature is a height, an amount or a hash that the
//! compiler can no longer tell apart.
//!
//! Constructors and conversions are the border where bare values come and go.
//! Elsewhere a doc line with `Bare integer:` gives the reason.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprLit, FnArg, ImplItemFn, ItemFn, ItemImpl, Lit, Meta, Pat, PatType,
    Signature, Type, TypeArray, TypePath, Visibility,
};

use crate::source::{Source, Sources};
use crate::standing::Standing;
use crate::test_code::TestLines;
use crate::workspace::Workspace;
use crate::{Tree, Violation};

const BARE_INTEGERS: &[&str] = &["u64", "u128"];
/// Lengths of addresses, hashes and keys, and signatures.
const BARE_BYTES: &[usize] = &[20, 32, 64];

const FREE_NAMES: &[&str] = &["new", "get"];
const FREE_PREFIXES: &[&str] = &["from_", "to_", "as_", "into_"];
/// Parameters that are raw by nature.
const FREE_PARAMETERS: &[&str] = &["seed", "bytes"];
const REASON: &str = "Bare integer:";

/// Finds bare integers and byte arrays in public signatures of pure crates.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let sources = Sources::of(tree);
    let mut found = sources.unreadable.clone();
    for source in sources
        .product()
        .filter(|source| is_pure(&workspace, source))
    {
        let mut functions = PublicFunctions {
            source,
            tests: source.test_lines(),
            found: Vec::new(),
        };
        functions.visit_file(&source.syntax);
        found.extend(functions.found);
    }
    found
}

fn is_pure(workspace: &Workspace<'_>, source: &Source<'_>) -> bool {
    workspace
        .owner(source.path)
        .and_then(|package| Standing::of(package.folder()))
        .is_some_and(|standing| standing.is_pure())
}

/// Reads the public functions of one file.
struct PublicFunctions<'source> {
    source: &'source Source<'source>,
    tests: TestLines,
    found: Vec<Violation>,
}

impl PublicFunctions<'_> {
    fn read(&mut self, visibility: &Visibility, attributes: &[Attribute], signature: &Signature) {
        let line = signature.ident.span().start().line;
        let name = signature.ident.to_string();
        let is_free = !matches!(visibility, Visibility::Public(_))
            || self.tests.contain(line)
            || FREE_NAMES.contains(&name.as_str())
            || FREE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || gives_reason(attributes);
        if is_free {
            return;
        }
        let bare = bare_types(signature);
        if !bare.is_empty() {
            let bare = bare.into_iter().collect::<Vec<_>>().join("`, `");
            let message = format!(
                "public `{name}` speaks in bare `{bare}`; \
                 use a newtype, or say why in a doc line with `{REASON}`"
            );
            self.found.push(self.source.violation(line, message));
        }
    }
}

impl<'file> Visit<'file> for PublicFunctions<'_> {
    fn visit_item_fn(&mut self, function: &'file ItemFn) {
        self.read(&function.vis, &function.attrs, &function.sig);
    }

    fn visit_impl_item_fn(&mut self, function: &'file ImplItemFn) {
        self.read(&function.vis, &function.attrs, &function.sig);
    }

    fn visit_item_impl(&mut self, item: &'file ItemImpl) {
        // A trait says what its methods take.
        if item.trait_.is_none() {
            visit::visit_item_impl(self, item);
        }
    }
}

fn bare_types(signature: &Signature) -> BTreeSet<String> {
    let mut bare = BareTypes::default();
    for input in &signature.inputs {
        if let FnArg::Typed(parameter) = input
            && !is_free_parameter(parameter)
        {
            bare.visit_type(&parameter.ty);
        }
    }
    bare.visit_return_type(&signature.output);
    bare.found
}

fn is_free_parameter(parameter: &PatType) -> bool {
    match &*parameter.pat {
        Pat::Ident(pattern) => FREE_PARAMETERS.iter().any(|free| pattern.ident == free),
        _ => false,
    }
}

/// Collects the bare types inside a type: `Option<u64>` is bare too.
#[derive(Default)]
struct BareTypes {
    found: BTreeSet<String>,
}

impl<'file> Visit<'file> for BareTypes {
    fn visit_type_path(&mut self, path: &'file TypePath) {
        let integer = BARE_INTEGERS.iter().find(|name| path.path.is_ident(name));
        self.found.extend(integer.map(|name| (*name).to_owned()));
        visit::visit_type_path(self, path);
    }

    fn visit_type_array(&mut self, array: &'file TypeArray) {
        match bytes_length(array) {
            Some(length) if BARE_BYTES.contains(&length) => {
                self.found.insert(format!("[u8; {length}]"));
            }
            _ => visit::visit_type_array(self, array),
        }
    }
}

fn bytes_length(array: &TypeArray) -> Option<usize> {
    let is_bytes = matches!(&*array.elem, Type::Path(element) if element.path.is_ident("u8"));
    match &array.len {
        Expr::Lit(ExprLit {
            lit: Lit::Int(length),
            ..
        }) if is_bytes => length.base10_parse().ok(),
        _ => None,
    }
}

fn gives_reason(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => matches!(
            &pair.value,
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) if line.value().contains(REASON)
        ),
        _ => false,
    })
}

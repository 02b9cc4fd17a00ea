//! Which code only tests compile.

use std::ops::RangeInclusive;

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, File, ImplItem, ImplItemConst, ImplItemFn, ImplItemType, Item, ItemConst, ItemEnum,
    ItemFn, ItemImpl, ItemMacro, ItemMod, ItemStatic, ItemStruct, ItemTrait, ItemType, ItemUse,
    Meta, Token,
};

/// The lines of one file that only tests compile.
pub(crate) struct TestLines {
    ranges: Vec<RangeInclusive<usize>>,
}

impl TestLines {
    pub(crate) fn of(file: &File) -> Self {
        let mut lines = Self { ranges: Vec::new() };
        lines.visit_file(file);
        lines
    }

    pub(crate) fn contain(&self, line: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&line))
    }

    fn add(&mut self, span: proc_macro2::Span) {
        self.ranges.push(span.start().line..=span.end().line);
    }
}

impl<'file> Visit<'file> for TestLines {
    fn visit_file(&mut self, file: &'file File) {
        if is_test_only(&file.attrs) {
            self.ranges.push(1..=usize::MAX);
        } else {
            visit::visit_file(self, file);
        }
    }

    fn visit_item(&mut self, item: &'file Item) {
        if is_test_only(item_attributes(item)) {
            self.add(item.span());
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'file ImplItem) {
        if is_test_only(impl_item_attributes(item)) {
            self.add(item.span());
        } else {
            visit::visit_impl_item(self, item);
        }
    }
}

/// Whether these attributes keep code out of every build but that of tests:
/// `#[cfg(test)]`, `#[cfg(all(test, ..))]`, `#[test]`, `#[tokio::test]`.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        if attribute.path().is_ident("cfg") {
            attribute
                .parse_args::<Meta>()
                .is_ok_and(|condition| implies_test(&condition))
        } else {
            let last = attribute.path().segments.last();
            last.is_some_and(|segment| segment.ident == "test")
        }
    })
}

/// `any(test, ..)` does not: some product build may have it too.
fn implies_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|all| all.iter().any(implies_test)),
        Meta::List(_) | Meta::NameValue(_) => false,
    }
}

fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(ItemConst { attrs, .. })
        | Item::Enum(ItemEnum { attrs, .. })
        | Item::Fn(ItemFn { attrs, .. })
        | Item::Impl(ItemImpl { attrs, .. })
        | Item::Macro(ItemMacro { attrs, .. })
        | Item::Mod(ItemMod { attrs, .. })
        | Item::Static(ItemStatic { attrs, .. })
        | Item::Struct(ItemStruct { attrs, .. })
        | Item::Trait(ItemTrait { attrs, .. })
        | Item::Type(ItemType { attrs, .. })
        | Item::Use(ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}

fn impl_item_attributes(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(ImplItemConst { attrs, .. })
        | ImplItem::Fn(ImplItemFn { attrs, .. })
        | ImplItem::Type(ImplItemType { attrs, .. }) => attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_lines(text: &str) -> Vec<usize> {
        let file = syn::parse_file(text).expect("the text is Rust");
        let lines = TestLines::of(&file);
        (1..=text.lines().count())
            .filter(|line| lines.contain(*line))
            .collect()
    }

    #[test]
    fn a_test_module_reaches_from_its_attribute_to_its_brace() {
        assert_eq!(
            test_lines("fn a() {}\n#[cfg(test)]\nmod t {\n}\nfn b() {}"),
            [2, 3, 4]
        );
    }

    #[test]
    fn methods_and_bare_test_functions_count() {
        let text = "impl A {\n#[cfg(all(unix, test))]\nfn a() {}\nfn b() {}\n}\n#[tokio::test]\nasync fn c() {}";
        assert_eq!(test_lines(text), [2, 3, 6, 7]);
    }

    #[test]
    fn what_a_product_build_may_hold_is_no_test_code() {
        let text = "#[cfg(not(test))]\nfn a() {}\n#[cfg(any(test, feature = \"x\"))]\nfn b() {}";
        assert!(test_lines(text).is_empty());
    }

    #[test]
    fn a_whole_file_can_be_test_code() {
        assert_eq!(test_lines("#![cfg(test)]\nfn a() {}"), [1, 2]);
    }
}

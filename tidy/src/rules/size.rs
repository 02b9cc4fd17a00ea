//! Nothing grows past what one can hold in mind: files, functions and test
//! modules inside product files have a most.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, ItemMod, Signature, TraitItemFn};

use crate::source::{Source, Sources};
use crate::test_code::{TestLines, is_test_only};
use crate::{Tree, Violation};

/// Higher, and a file takes on a second responsibility unseen.
const PRODUCT_FILE_LINES_MAX: usize = 600;
/// Tests repeat themselves; still, one file is read in one sitting.
const TEST_FILE_LINES_MAX: usize = 1_000;
/// One screen, with room for the comments that say why.
const FUNCTION_LINES_MAX: usize = 70;
/// A test may spell out a long story, step by step.
const TEST_FUNCTION_LINES_MAX: usize = 120;
/// Higher, and the tests hide the code above them.
const TEST_MODULE_LINES_MAX: usize = 200;

/// Finds files, functions and inline test modules that are too long.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let sources = Sources::of(tree);
    let mut found = sources.unreadable.clone();
    for source in &sources.files {
        found.extend(check_file(source));
        let mut lengths = Lengths {
            source,
            tests: source.test_lines(),
            found: Vec::new(),
        };
        lengths.visit_file(&source.syntax);
        found.extend(lengths.found);
    }
    found
}

fn check_file(source: &Source<'_>) -> Option<Violation> {
    let (most, what_to_do) = if source.is_test() {
        (TEST_FILE_LINES_MAX, "split it by what it claims")
    } else {
        (PRODUCT_FILE_LINES_MAX, "split it by responsibility")
    };
    let lines = source.text.lines().count();
    (lines > most).then(|| {
        let message = format!("the file has {lines} lines, at most {most}; {what_to_do}");
        source.violation(most + 1, message)
    })
}

/// Measures the functions and test modules of one file.
struct Lengths<'source> {
    source: &'source Source<'source>,
    tests: TestLines,
    found: Vec<Violation>,
}

impl Lengths<'_> {
    fn measure_function(&mut self, signature: &Signature, block: &Block) {
        let first = signature.fn_token.span().start().line;
        let last = block.brace_token.span.close().end().line;
        let most = if self.source.is_test() || self.tests.contain(first) {
            TEST_FUNCTION_LINES_MAX
        } else {
            FUNCTION_LINES_MAX
        };
        let lines = last - first + 1;
        if lines > most {
            let name = &signature.ident;
            let message = format!("`{name}` has {lines} lines, at most {most}; name its steps");
            self.found.push(self.source.violation(first, message));
        }
    }

    fn measure_test_module(&mut self, module: &ItemMod) {
        let Some((brace, _)) = &module.content else {
            return;
        };
        let first = module.mod_token.span().start().line;
        let lines = brace.span.close().start().line.saturating_sub(first + 1);
        if lines > TEST_MODULE_LINES_MAX {
            let message = format!(
                "the tests have {lines} lines, at most {TEST_MODULE_LINES_MAX}; \
                 move them to a sibling file"
            );
            self.found.push(self.source.violation(first, message));
        }
    }
}

impl<'file> Visit<'file> for Lengths<'_> {
    fn visit_item_fn(&mut self, function: &'file ItemFn) {
        self.measure_function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'file ImplItemFn) {
        self.measure_function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'file TraitItemFn) {
        if let Some(block) = &function.default {
            self.measure_function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_mod(&mut self, module: &'file ItemMod) {
        if is_test_only(&module.attrs) {
            self.measure_test_module(module);
        }
        visit::visit_item_mod(self, module);
    }
}

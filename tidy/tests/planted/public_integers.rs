//! A bare integer in a public signature of a pure crate is found.

use pyralog_tidy::public_integers;

use crate::clean::{assert_clean, assert_found, with};

const FILE: &str = "primitives/src/height.rs";

#[test]
fn a_bare_integer_or_array_is_found_wherever_it_hides() {
    for (signature, says) in [
        ("pub fn a(height: u64) {}", "`u64`"),
        ("pub const fn a() -> u128 { 0 }", "`u128`"),
        ("pub fn a(key: &[u8; 32]) {}", "`[u8; 32]`"),
        ("pub fn a() -> Option<[u8; 20]> { None }", "`[u8; 20]`"),
        ("pub fn a(x: Vec<[u8; 64]>, y: u64) {}", "`[u8; 64]`, `u64`"),
        (
            "impl A { pub fn a(self) -> Result<u64, E> { b() } }",
            "`u64`",
        ),
        ("pub mod a { pub fn a(height: u64) {} }", "`u64`"),
    ] {
        let tree = with(FILE, &format!("//! H.\n{signature}\n"));
        assert_found(
            public_integers::check,
            &tree,
            "primitives/src/height.rs:2",
            says,
        );
    }
}

#[test]
fn the_borders_are_free() {
    for text in [
        "impl A { pub fn new(raw: u64) -> Self {} pub fn get(self) -> u64 {} }",
        "pub fn from_parts(a: u64) {} pub fn to_raw() -> u128 {}",
        "pub fn as_bytes() -> [u8; 32] {} pub fn into_bytes() -> [u8; 64] {}",
        "fn a(height: u64) {} pub(crate) fn b(height: u64) {}",
        "impl From<A> for u64 { fn from(a: A) -> u64 {} }",
        "pub fn a(seed: [u8; 32], bytes: &[u8; 64]) {}",
        "pub fn a(text: &[u8], count: usize, small: [u8; 4]) {}",
        "/// Bare integer: the wire format has no type yet.\npub fn a(height: u64) {}",
        "#[cfg(test)]\nmod tests { pub fn a(height: u64) {} }",
    ] {
        assert_clean(public_integers::check, &with(FILE, text));
    }
}

#[test]
fn only_products_of_pure_crates_are_read() {
    for path in ["cli/src/main.rs", "primitives/tests/heights.rs"] {
        assert_clean(
            public_integers::check,
            &with(path, "pub fn a(height: u64) {}"),
        );
    }
}

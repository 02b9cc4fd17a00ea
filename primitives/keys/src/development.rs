//! Keys that everybody knows, for networks that hold nothing of worth.
//!
//! A node in development funds them, and the command line signs with them
//! without a password. A program must refuse them on any other network: see
//! `ChainId::is_development` of the genesis.

use std::sync::LazyLock;

use pyralog_primitives::SecretKey;

use crate::derive::{MasterSeed, derive};
use crate::mnemonic::Mnemonic;
use crate::path::{AccountIndex, DerivationPath};

/// The words from which all keys of development are derived. They are public.
pub const DEVELOPMENT_MNEMONIC: &str =
    "test test test test test test test test test test test junk";

/// How many accounts a network for development funds: those of the first
/// indexes.
pub const DEVELOPMENT_ACCOUNT_COUNT: u32 = 10;

/// Words are made slow to try on purpose. These are known to everybody, so what
/// comes of them is kept, and a start that needs every key does not wait for it
/// again and again.
static SEED: LazyLock<MasterSeed> = LazyLock::new(|| {
    let mnemonic: Mnemonic = DEVELOPMENT_MNEMONIC
        .parse()
        .expect("the words and their checksum are right; a test derives keys");
    mnemonic.to_seed("")
});

/// The key of an account of development.
pub fn development_key(account: AccountIndex) -> SecretKey {
    derive(&SEED, &DerivationPath::account(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_of_development_has_a_key_of_its_own() {
        let key = |index| development_key(AccountIndex::new(index).unwrap()).public_key();
        assert_eq!(key(3), key(3));
        assert_ne!(key(0), key(1));
    }
}

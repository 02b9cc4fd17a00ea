//! Where a guard lies.
//!
//! In the home directory, beside the keys and apart from the chain's data, so
//! that whoever throws the data away to sync again keeps the guard. A key that
//! validates on two networks has two guards.

use std::path::{Path, PathBuf};

use pyralog_primitives::text::encode_hex;
use pyralog_primitives::{Address, GenesisHash};

/// The directory of guards, below the home directory.
pub const GUARD_DIRECTORY: &str = "guard";
/// How the name of a guard ends.
pub const GUARD_FILE_ENDING: &str = "guard";

/// So many bytes of the genesis hash keep networks apart, and a name readable.
const GENESIS_BYTES: usize = 8;

/// The guard of a key on a network.
pub fn guard_file(home: &Path, genesis: GenesisHash, address: Address) -> PathBuf {
    let network = encode_hex(&genesis.get().as_bytes()[..GENESIS_BYTES]);
    let name = format!("{address}-{network}.{GUARD_FILE_ENDING}");
    home.join(GUARD_DIRECTORY).join(name)
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::{Hash, PublicKey};

    use super::*;

    #[test]
    fn a_guard_is_named_for_its_key_and_its_network() {
        let address = PublicKey::new([7; 32]).address();
        let genesis = GenesisHash::new(Hash::new([0xab; 32]));
        let expected = format!("/home/a/guard/{address}-abababababababab.guard");
        let file = guard_file(Path::new("/home/a"), genesis, address);
        assert_eq!(file, PathBuf::from(expected));
    }
}

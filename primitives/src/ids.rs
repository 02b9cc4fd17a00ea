//! What things are called by their hash.
//!
//! Each is a [`Hash`](struct@crate::Hash) with one meaning: a block id cannot be taken for
//! a state root, though both are 32 bytes.

/// Declares a hash with one meaning: a newtype over [`Hash`](struct@crate::Hash) that reads and
/// prints like it and converts only where it is written out.
macro_rules! meaningful_hash {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        pub struct $name($crate::hash::Hash);

        impl $name {
            /// All zeros: "none", as in the parent of the first block.
            pub const ZERO: Self = Self($crate::hash::Hash::ZERO);

            /// Gives a hash this meaning.
            pub const fn new(hash: $crate::hash::Hash) -> Self {
                Self(hash)
            }

            /// The hash without its meaning.
            pub const fn get(self) -> $crate::hash::Hash {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::HexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        $crate::text::json_as_text!($name);
    };
}
pub(crate) use meaningful_hash;

meaningful_hash!(
    /// The hash of a genesis document: the name of a network. Everything that
    /// is signed holds it, so nothing signed for one network counts on another.
    GenesisHash
);
meaningful_hash!(
    /// The hash of the parameters in force.
    ParametersHash
);
meaningful_hash!(
    /// The hash of a transaction body: known before it is signed.
    TransactionId
);
meaningful_hash!(
    /// The hash of a transaction id with one signature.
    SignedTransactionId
);
meaningful_hash!(
    /// The hash of a block's header.
    BlockId
);
meaningful_hash!(
    /// The hash of a certificate.
    CertificateHash
);
meaningful_hash!(
    /// The root of the state tree.
    StateRoot
);

//! Texts that follow a rule: names, ids and addresses of peers.

/// Declares a text that only its `check` function admits. It decodes from its
/// canonical form under the same rule.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $bytes_max:expr, $check:path) => {
        $(#[$doc])*
        #[derive(
            Clone, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, serde::Serialize,
        )]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a text, if it follows the rule.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::problem::Problem> {
                let text = text.into();
                $check(&text)?;
                Ok(Self(text))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::problem::Problem;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl borsh::BorshDeserialize for $name {
            fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
                let bytes =
                    pyralog_primitives::codec::Bytes::<{ $bytes_max }>::deserialize_reader(reader)?;
                // Bytes that are not UTF-8 break the rule in their lossy form too.
                Self::new(String::from_utf8_lossy(&bytes)).map_err(|problem| {
                    let message = format!(concat!($what, ": {}"), problem);
                    std::io::Error::new(std::io::ErrorKind::InvalidData, message)
                })
            }
        }
    };
}
pub(crate) use checked_text;

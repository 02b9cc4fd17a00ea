//! The JSON of a keystore: written in one way, read strictly.

use std::str::FromStr;

use pyralog_primitives::PublicKey;
use pyralog_primitives::text::{decode_hex_array, encode_hex};
use serde::Serialize;
use serde_json::error::Category;

use super::cost::KdfCost;
use super::error::{KeystoreError, shown};
use super::foreign::ForeignFile;
use super::header::{FORMAT, Header, VERSION};
use super::json::{Fields, Node};
use super::{Keystore, Uuid};
use crate::path::DerivationPath;

const FORMAT_FAMILY: &str = "pyralog-keystore-v";
const KDF: &str = "argon2id";
const CHECKSUM: &str = "sha256";
const CIPHER: &str = "xchacha20-poly1305";

pub(super) fn read(bytes: &[u8]) -> Result<Keystore, KeystoreError> {
    if bytes.len() > Keystore::FILE_BYTES_MAX {
        return Err(KeystoreError::TooLarge { bytes: bytes.len() });
    }
    let mut top = match parse(bytes)? {
        Node::Object(fields) if is_ours(&fields)? => fields,
        other => {
            return Err(KeystoreError::Foreign {
                kind: ForeignFile::of(&other),
            });
        }
    };
    top.text("format")?;
    check_version(&mut top)?;
    let crypto = Crypto::read(top.object("crypto")?)?;
    let header = Header {
        cost: crypto.cost,
        salt: crypto.salt,
        nonce: crypto.nonce,
        public_key: read_public_key(&mut top)?,
        uuid: Uuid::from_str(&top.text("uuid")?)?,
        path: read_path(&mut top)?,
    };
    let keystore = Keystore {
        description: top.text("description")?.parse()?,
        ciphertext: crypto.ciphertext,
        header,
    };
    check_address(&mut top, &keystore)?;
    top.finish()?;
    if keystore.header.checksum(&keystore.ciphertext) == crypto.checksum {
        Ok(keystore)
    } else {
        Err(KeystoreError::Damaged)
    }
}

fn parse(bytes: &[u8]) -> Result<Node, KeystoreError> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Eof => KeystoreError::Truncated { bytes: bytes.len() },
        _ => KeystoreError::NotJson {
            line: error.line(),
            column: error.column(),
        },
    })
}

/// Whether the file is of our format, in the version that we read.
fn is_ours(fields: &Fields) -> Result<bool, KeystoreError> {
    let Some(Node::Text(format)) = fields.peek("format") else {
        return Ok(false);
    };
    let number = format
        .strip_prefix(FORMAT_FAMILY)
        .and_then(|number| number.parse::<u32>().ok());
    match number {
        Some(number) if number > VERSION => Err(KeystoreError::Newer {
            found: format.clone(),
        }),
        _ => Ok(format == FORMAT),
    }
}

fn check_version(top: &mut Fields) -> Result<(), KeystoreError> {
    match top.number("version")? {
        VERSION => Ok(()),
        0 => Err(KeystoreError::WrongValue {
            field: top.name("version"),
            expected: "1",
            found: "0".to_owned(),
        }),
        newer => Err(KeystoreError::Newer {
            found: format!("{FORMAT_FAMILY}{newer}"),
        }),
    }
}

/// What the three modules of `crypto` hold.
struct Crypto {
    cost: KdfCost,
    salt: [u8; super::SALT_BYTES],
    checksum: [u8; super::header::CHECKSUM_BYTES],
    nonce: [u8; super::NONCE_BYTES],
    ciphertext: [u8; super::CIPHERTEXT_BYTES],
}

impl Crypto {
    fn read(mut crypto: Fields) -> Result<Self, KeystoreError> {
        let unknown = |found| KeystoreError::UnknownKdf { found };
        let mut kdf = Module::read(&mut crypto, "kdf", KDF, unknown)?;
        let unknown = |found| KeystoreError::UnknownChecksum { found };
        let mut checksum = Module::read(&mut crypto, "checksum", CHECKSUM, unknown)?;
        let unknown = |found| KeystoreError::UnknownCipher { found };
        let mut cipher = Module::read(&mut crypto, "cipher", CIPHER, unknown)?;
        let found = Self {
            cost: KdfCost::new(
                kdf.params.number("memory_kib")?,
                kdf.params.number("passes")?,
                kdf.params.number("lanes")?,
            )?,
            salt: hex(&mut kdf.params, "salt")?,
            checksum: hex(&mut checksum.fields, "message")?,
            nonce: hex(&mut cipher.params, "nonce")?,
            ciphertext: hex(&mut cipher.fields, "message")?,
        };
        kdf.expect_no_message()?;
        for module in [kdf, checksum, cipher] {
            module.params.finish()?;
            module.fields.finish()?;
        }
        crypto.finish()?;
        Ok(found)
    }
}

/// A module of `crypto`: function, parameters and message.
struct Module {
    params: Fields,
    fields: Fields,
}

impl Module {
    fn read(
        crypto: &mut Fields,
        name: &'static str,
        function: &str,
        unknown: impl Fn(String) -> KeystoreError,
    ) -> Result<Self, KeystoreError> {
        let mut fields = crypto.object(name)?;
        let found = fields.text("function")?;
        if found != function {
            return Err(unknown(shown(&found)));
        }
        let params = fields.object("params")?;
        Ok(Self { params, fields })
    }

    fn expect_no_message(&mut self) -> Result<(), KeystoreError> {
        let found = self.fields.text("message")?;
        if found.is_empty() {
            return Ok(());
        }
        Err(KeystoreError::WrongValue {
            field: self.fields.name("message"),
            expected: "",
            found: shown(&found),
        })
    }
}

fn read_public_key(top: &mut Fields) -> Result<PublicKey, KeystoreError> {
    let key = PublicKey::new(hex(top, "pubkey")?);
    key.check_strength()?;
    Ok(key)
}

fn read_path(top: &mut Fields) -> Result<Option<DerivationPath>, KeystoreError> {
    let text = top.text("path")?;
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(text.parse()?))
}

fn check_address(top: &mut Fields, keystore: &Keystore) -> Result<(), KeystoreError> {
    let expected = keystore.address();
    if top.text("address")? == expected.to_string() {
        Ok(())
    } else {
        Err(KeystoreError::WrongAddress { expected })
    }
}

fn hex<const N: usize>(fields: &mut Fields, name: &'static str) -> Result<[u8; N], KeystoreError> {
    let text = fields.text(name)?;
    decode_hex_array(&text).map_err(|problem| KeystoreError::BadHex {
        field: fields.name(name),
        problem,
    })
}

pub(super) fn write(keystore: &Keystore) -> String {
    let header = &keystore.header;
    let document = DocumentOut {
        format: FORMAT,
        crypto: CryptoOut {
            kdf: ModuleOut {
                function: KDF,
                params: KdfParamsOut {
                    memory_kib: header.cost.memory_kib(),
                    passes: header.cost.passes(),
                    lanes: header.cost.lanes(),
                    salt: encode_hex(&header.salt),
                },
                message: String::new(),
            },
            checksum: ModuleOut {
                function: CHECKSUM,
                params: NoParamsOut {},
                message: encode_hex(&header.checksum(&keystore.ciphertext)),
            },
            cipher: ModuleOut {
                function: CIPHER,
                params: CipherParamsOut {
                    nonce: encode_hex(&header.nonce),
                },
                message: encode_hex(&keystore.ciphertext),
            },
        },
        description: keystore.description.as_str(),
        address: keystore.address().to_string(),
        pubkey: header.public_key.to_string(),
        path: header.path_text(),
        uuid: header.uuid.to_string(),
        version: VERSION,
    };
    let mut text =
        serde_json::to_string_pretty(&document).expect("texts and numbers are always JSON");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct DocumentOut<'a> {
    format: &'a str,
    crypto: CryptoOut,
    description: &'a str,
    address: String,
    pubkey: String,
    path: String,
    uuid: String,
    version: u32,
}

#[derive(Serialize)]
struct CryptoOut {
    kdf: ModuleOut<KdfParamsOut>,
    checksum: ModuleOut<NoParamsOut>,
    cipher: ModuleOut<CipherParamsOut>,
}

#[derive(Serialize)]
struct ModuleOut<P> {
    function: &'static str,
    params: P,
    message: String,
}

#[derive(Serialize)]
struct KdfParamsOut {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

#[derive(Serialize)]
struct NoParamsOut {}

#[derive(Serialize)]
struct CipherParamsOut {
    nonce: String,
}

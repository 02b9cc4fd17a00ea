//! What a node is started from: the network, the settings, the key.

use std::path::{Path, PathBuf};

use pyralog_config::{CONFIG_BYTES_MAX, Layers, Loaded, commented_defaults};
use pyralog_genesis::{GENESIS_BYTES_MAX, Genesis};
use pyralog_keys::{Keystore, Password};
use pyralog_primitives::SecretKey;
use zeroize::Zeroizing;

use crate::args::Args;
use crate::development;
use crate::error::NodeError;
use crate::home::{Home, read_text, read_text_if_there, write_text};

/// What development prefers: calls of one's own programs are not counted, and
/// nobody else is there.
const DEVELOPMENT_SETTINGS: [(&str, &str); 2] =
    [("rpc.price_per_second_max", "0"), ("p2p.enabled", "false")];
/// A line with a password and its end.
const PASSWORD_BYTES_MAX: usize = 4096;

/// A network, as its document says.
pub(crate) struct Network {
    pub(crate) document: String,
    pub(crate) genesis: Genesis,
}

impl Network {
    /// Reads the document that the command line names.
    pub(crate) fn of(args: &Args) -> Result<Self, NodeError> {
        let (path, document) = match &args.genesis {
            Some(path) => (path.clone(), read_text(path, GENESIS_BYTES_MAX)?),
            None if args.dev => (PathBuf::from("--dev"), development::document()),
            None => return Err(NodeError::NoNetwork),
        };
        match Genesis::parse(&document) {
            Ok(genesis) => Ok(Self { document, genesis }),
            Err(mistakes) => Err(NodeError::Genesis { path, mistakes }),
        }
    }
}

/// Reads the settings of all layers.
pub(crate) fn load_settings(args: &Args, home: &Home) -> Result<Loaded, NodeError> {
    let path = home.config();
    let mut layers = Layers::new();
    if args.dev {
        layers = layers.dev(&DEVELOPMENT_SETTINGS);
    }
    if let Some(text) = read_text_if_there(&path, CONFIG_BYTES_MAX)? {
        layers = layers.file(path, text);
    }
    let environment = std::env::vars_os();
    let mut loaded = layers
        .environment(environment)
        .set(args.set.clone())
        .load()?;
    if args.with_unused_ports {
        loaded.any_port();
    } else {
        loaded.offset_ports(args.instance)?;
    }
    Ok(loaded)
}

/// Writes what a first start leaves: the settings to edit, and the document to
/// verify proofs against.
pub(crate) fn write_files(home: &Home, network: &Network) -> Result<(), NodeError> {
    home.create()?;
    if !home.config().exists() {
        write_text(&home.config(), &commented_defaults())?;
    }
    let kept = read_text_if_there(&home.genesis(), GENESIS_BYTES_MAX)?;
    let kept = kept.and_then(|text| Genesis::parse(&text).ok());
    match kept.map(|genesis| genesis.hash()) {
        // Comments and bootstrap peers may be newer in the one given.
        Some(hash) if hash != network.genesis.hash() => Ok(()),
        _ => write_text(&home.genesis(), &network.document),
    }
}

/// The key to validate with, if there is one.
pub(crate) fn validator_key(
    args: &Args,
    home: &Home,
    genesis: &Genesis,
) -> Result<Option<SecretKey>, NodeError> {
    let key = match &args.validator_key {
        None if args.dev => development::validator_key(),
        None => return Ok(None),
        Some(name) => {
            let password = args.password_file.as_ref().ok_or(NodeError::NoPassword)?;
            unlock(&home.key(name), password)?
        }
    };
    let given = key.public_key().address();
    let is_validator = genesis.validator_set().find(&given).is_some();
    if is_validator {
        return Ok(Some(key));
    }
    let validators = genesis.validators().iter();
    let lines = validators.map(|validator| format!("  {} {}", validator.address(), validator.name));
    Err(NodeError::NoValidator {
        given,
        validators: lines.collect::<Vec<_>>().join("\n"),
    })
}

fn unlock(path: &Path, password_file: &Path) -> Result<SecretKey, NodeError> {
    let text = Zeroizing::new(read_text(password_file, PASSWORD_BYTES_MAX)?);
    let password = Password::new(text.lines().next().unwrap_or_default());
    let password = password.map_err(|problem| NodeError::Password {
        path: password_file.to_owned(),
        problem,
    })?;
    let json = read_text(path, Keystore::FILE_BYTES_MAX)?;
    let keystore = Keystore::from_json(json.as_bytes());
    let keystore = keystore.map_err(|problem| NodeError::Keystore {
        path: path.to_owned(),
        problem,
    })?;
    let secret = keystore.decrypt(&password);
    secret.map_err(|problem| NodeError::Unlock {
        path: path.to_owned(),
        problem,
    })
}

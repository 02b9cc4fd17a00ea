//! Which node is asked, and who says so.
//!
//! `--node`, else `PYRALOG_NODE`, else the URL in the file `HOME/endpoint`,
//! which a running node writes, else the port of a node on this machine.
//!
//! A node answers calls over HTTP and subscriptions over WebSocket on one
//! port. So `http://…` and `ws://…` name the same node, and it does not matter
//! which one is given.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::CliError;
use crate::files;

/// The variable that names a node.
const VARIABLE: &str = "PYRALOG_NODE";

/// The file in which a running node says where it is.
const FILE: &str = "endpoint";

/// Bytes of that file, which is one line. More is another file.
const FILE_BYTES_MAX: usize = 4096;

/// Where a node listens unless it is told otherwise.
const DEFAULT: &str = "127.0.0.1:26657";

/// The URL of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeUrl {
    secure: bool,
    /// Host, port and path.
    rest: String,
}

impl NodeUrl {
    /// Where calls go.
    pub(crate) fn http(&self) -> String {
        self.with_scheme("http", &self.rest)
    }

    /// Where subscriptions go.
    pub(crate) fn web_socket(&self) -> String {
        self.with_scheme("ws", &self.rest)
    }

    fn with_scheme(&self, scheme: &str, rest: &str) -> String {
        let secure = if self.secure { "s" } else { "" };
        format!("{scheme}{secure}://{rest}")
    }

    fn default_node() -> Self {
        Self {
            secure: false,
            rest: DEFAULT.to_owned(),
        }
    }
}

impl fmt::Display for NodeUrl {
    /// Without name and password, which are nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host_ends = self.rest.find('/').unwrap_or(self.rest.len());
        let host_begins = self.rest[..host_ends].rfind('@').map_or(0, |at| at + 1);
        f.write_str(&self.with_scheme("http", &self.rest[host_begins..]))
    }
}

/// Why a text is not the URL of a node. The text is not repeated: it may hold
/// a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NodeUrlError {
    #[error("a URL begins with http://, https://, ws:// or wss://, such as http://127.0.0.1:26657")]
    Scheme,
    #[error("the URL names no host; write one such as http://127.0.0.1:26657")]
    Host,
}

impl FromStr for NodeUrl {
    type Err = NodeUrlError;

    fn from_str(text: &str) -> Result<Self, NodeUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(NodeUrlError::Scheme)?;
        let secure = match scheme {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => return Err(NodeUrlError::Scheme),
        };
        let host = rest.split('/').next().unwrap_or("");
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(NodeUrlError::Host);
        }
        let rest = rest.to_owned();
        Ok(Self { secure, rest })
    }
}

/// Who names the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The user, in this command.
    Flag,
    Variable,
    File(PathBuf),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("--node"),
            Self::Variable => f.write_str(VARIABLE),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// The node that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) url: NodeUrl,
    pub(crate) origin: Origin,
}

impl Endpoint {
    /// Finds out which node is meant. `home` is the user's directory, if there
    /// is one.
    pub(crate) fn find(flag: Option<&NodeUrl>, home: Option<&Path>) -> Result<Self, CliError> {
        Self::choose(flag, env::var_os(VARIABLE), home)
    }

    fn choose(
        flag: Option<&NodeUrl>,
        variable: Option<OsString>,
        home: Option<&Path>,
    ) -> Result<Self, CliError> {
        if let Some(url) = flag {
            return Ok(Self {
                url: url.clone(),
                origin: Origin::Flag,
            });
        }
        if let Some(value) = variable.filter(|value| !value.is_empty()) {
            return Self::read(&value.to_string_lossy(), Origin::Variable);
        }
        match home
            .map(|home| home.join(FILE))
            .filter(|file| file.exists())
        {
            Some(file) => {
                let bytes = files::read(&file, FILE_BYTES_MAX)?;
                Self::read(&String::from_utf8_lossy(&bytes), Origin::File(file))
            }
            None => Ok(Self {
                url: NodeUrl::default_node(),
                origin: Origin::Default,
            }),
        }
    }

    fn read(text: &str, origin: Origin) -> Result<Self, CliError> {
        match text.trim().parse() {
            Ok(url) => Ok(Self { url, origin }),
            Err(problem) => Err(CliError::BadNode { origin, problem }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn url(text: &str) -> NodeUrl {
        text.parse().unwrap()
    }

    #[test]
    fn both_kinds_of_url_name_both_ways_to_a_node() {
        for text in ["http://a:1/rpc", "ws://a:1/rpc"] {
            assert_eq!(url(text).http(), "http://a:1/rpc");
            assert_eq!(url(text).web_socket(), "ws://a:1/rpc");
        }
        for text in ["https://a", "wss://a"] {
            assert_eq!(url(text).http(), "https://a");
            assert_eq!(url(text).web_socket(), "wss://a");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "127.0.0.1:26657",
            "localhost",
            "ftp://a",
            "HTTP://a",
            "://a",
        ] {
            assert_eq!(text.parse::<NodeUrl>(), Err(NodeUrlError::Scheme), "{text}");
        }
        for text in ["http://", "ws:///path", "http://a b"] {
            assert_eq!(text.parse::<NodeUrl>(), Err(NodeUrlError::Host), "{text}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_used_and_never_shown() {
        let url = url("https://me:secret@host:1/a@b");
        assert_eq!(url.to_string(), "https://host:1/a@b");
        assert_eq!(url.http(), "https://me:secret@host:1/a@b");
    }

    #[test]
    fn the_nearest_setting_wins() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(FILE);
        fs::write(&file, "http://file:1\n").unwrap();
        let flag = url("http://flag:1");
        let variable = || Some(OsString::from("ws://variable:1"));
        let chosen = |flag: Option<&NodeUrl>, variable, home| {
            let endpoint = Endpoint::choose(flag, variable, home).unwrap();
            (endpoint.url.to_string(), endpoint.origin)
        };
        let home = Some(home.path());
        let shown = |text: &str, origin| (text.to_owned(), origin);
        assert_eq!(
            chosen(Some(&flag), variable(), home),
            shown("http://flag:1", Origin::Flag)
        );
        assert_eq!(
            chosen(None, variable(), home),
            shown("http://variable:1", Origin::Variable)
        );
        assert_eq!(
            chosen(None, Some(OsString::new()), home),
            shown("http://file:1", Origin::File(file.clone()))
        );
        fs::remove_file(&file).unwrap();
        let default = shown("http://127.0.0.1:26657", Origin::Default);
        assert_eq!(chosen(None, None, home), default);
        assert_eq!(chosen(None, None, None), default);
    }

    #[test]
    fn a_setting_that_is_no_url_is_named() {
        let problem = Endpoint::choose(None, Some("localhost".into()), None).unwrap_err();
        let text = problem.to_string();
        assert!(text.starts_with("PYRALOG_NODE names no node: "), "{text}");
    }
}

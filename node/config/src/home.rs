//! Where the data of a user lives, for the node and the command line alike.
//!
//! `--home`, else `PYRALOG_HOME`, else `pyralog` in the user's data directory
//! as the XDG specification places it.

use std::ffi::OsString;
use std::path::PathBuf;

/// The directory that holds keys and chains, by the flag and the environment;
/// none if neither says where. It need not exist yet.
pub fn home_directory(
    flag: Option<&PathBuf>,
    variable: impl Fn(&'static str) -> Option<OsString>,
) -> Option<PathBuf> {
    let set = |name| {
        let value = variable(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    // XDG: a relative path is invalid and to be ignored.
    let absolute = |name| set(name).filter(|path| path.is_absolute());
    flag.cloned()
        .or_else(|| set("PYRALOG_HOME"))
        .or_else(|| Some(absolute("XDG_DATA_HOME")?.join("pyralog")))
        .or_else(|| Some(absolute("HOME")?.join(".local/share/pyralog")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_setting_wins() {
        let flag = PathBuf::from("flag");
        let all = [
            ("PYRALOG_HOME", "env"),
            ("XDG_DATA_HOME", "/xdg"),
            ("HOME", "/home/a"),
        ];
        for (flag, variables, expected) in [
            (Some(&flag), &all[..], "flag"),
            (None, &all, "env"),
            (None, &all[1..], "/xdg/pyralog"),
            (None, &all[2..], "/home/a/.local/share/pyralog"),
            (
                None,
                &[("PYRALOG_HOME", ""), ("HOME", "/h")],
                "/h/.local/share/pyralog",
            ),
            (
                None,
                &[("XDG_DATA_HOME", "x"), ("HOME", "/h")],
                "/h/.local/share/pyralog",
            ),
        ] {
            let variable = |name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(
                home_directory(flag, variable),
                Some(PathBuf::from(expected))
            );
        }
        assert_eq!(home_directory(None, |_| None), None);
    }
}

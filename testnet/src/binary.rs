//! Finding the programs.

use std::path::PathBuf;

/// Programs, and the packages that build them.
const PACKAGES: [(&str, &str); 2] = [("pyralog-node", "pyralog-node"), ("pyralog", "pyralog")];

/// The path of one of our programs: beside the test that runs, where cargo puts
/// the programs of the same build.
///
/// # Panics
///
/// If it is not there; the message says how to build it.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the system knows which program runs");
    let directory = test.parent().and_then(|deps| deps.parent());
    let directory = directory.expect("cargo runs tests from DIR/PROFILE/deps");
    let path = directory.join(name);
    let package = PACKAGES.iter().find(|(program, _)| *program == name);
    let (_, package) = package.unwrap_or_else(|| panic!("{name} is none of our programs"));
    assert!(
        path.is_file(),
        "{} is not there; build it with `cargo build -p {package}`",
        path.display()
    );
    path
}

//! The layers, and how they are put over each other.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::file::put_file;
use crate::loaded::Loaded;
use crate::mistake::{Mistake, Mistakes};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::rules;
use crate::settings::Settings;
use crate::suggest::suggest_setting;
use crate::table::{Setting, find};

/// What all variables of Pyralog begin with.
const VARIABLE_PREFIX: &str = "PYRALOG_";
/// Between section and name. Variables without it are no settings.
const VARIABLE_DOT: &str = "__";

/// The texts that settings are read from. Layers that are not given say
/// nothing; in which order they are given makes no difference.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    dev: Vec<(String, String)>,
    file: Option<(PathBuf, String)>,
    environment: Vec<(OsString, OsString)>,
    set: Vec<String>,
}

impl Layers {
    /// Defaults only.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the developer's mode prefers to the defaults: keys such as
    /// `rpc.listen` with bare values. Every other layer is nearer.
    #[must_use]
    pub fn dev(mut self, preferred: &[(&str, &str)]) -> Self {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        self.dev = preferred.iter().map(owned).collect();
        self
    }

    /// The text of the file, and its path as messages shall name it.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.file = Some((path.into(), text.into()));
        self
    }

    /// The environment, as `std::env::vars_os` gives it. Variables that are
    /// no settings are passed over.
    #[must_use]
    pub fn environment<T: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (T, T)>,
    ) -> Self {
        let variables = variables.into_iter();
        let owned = variables.map(|(name, value)| (name.into(), value.into()));
        self.environment = owned.filter(|(name, _)| is_setting(name)).collect();
        // The system gives them in no order; mistakes shall have one.
        self.environment.sort();
        self
    }

    /// The values of all `--set`, each like `rpc.listen=0.0.0.0:26657`.
    #[must_use]
    pub fn set<T: Into<String>>(mut self, given: impl IntoIterator<Item = T>) -> Self {
        self.set = given.into_iter().map(Into::into).collect();
        self
    }

    /// Puts the layers over each other.
    pub fn load(&self) -> Result<Loaded, Mistakes> {
        let mut layering = Layering::default();
        for (key, value) in &self.dev {
            layering.put_key(key, value, Origin::Dev);
        }
        if let Some((path, text)) = &self.file {
            put_file(&mut layering, path, text);
        }
        for (name, value) in &self.environment {
            layering.put_variable(name, value);
        }
        for given in &self.set {
            layering.put_set(given);
        }
        layering.finish()
    }
}

/// What stands so far, while the layers come from the farthest to the nearest.
#[derive(Default)]
pub(crate) struct Layering {
    settings: Settings,
    origins: BTreeMap<&'static str, Origin>,
    found: Vec<Mistake>,
}

impl Layering {
    pub(crate) fn report(&mut self, mistake: Mistake) {
        self.found.push(mistake);
    }

    /// Reads a value into its place, over what farther layers put there.
    pub(crate) fn put(&mut self, setting: &'static Setting, text: &str, origin: Origin) {
        let key = setting.key;
        let outcome = if self.origins.get(key) == Some(&origin) {
            Err(Problem::Duplicate)
        } else {
            (setting.read)(&mut self.settings, text)
        };
        match outcome {
            Ok(()) => drop(self.origins.insert(key, origin)),
            Err(problem) => self.report(Mistake::new(origin, key, problem)),
        }
    }

    fn put_key(&mut self, key: &str, text: &str, origin: Origin) {
        if let Some(setting) = find(key) {
            self.put(setting, text, origin);
        } else {
            let suggestion = suggest_setting(key).map(|setting| setting.key.to_owned());
            let problem = Problem::UnknownSetting { suggestion };
            self.report(Mistake::new(origin, key, problem));
        }
    }

    fn put_variable(&mut self, name: &OsStr, value: &OsStr) {
        let name = name.to_string_lossy().into_owned();
        let meant = key_of(&name);
        let setting = find(&meant).filter(|setting| variable_of(setting) == name);
        let (key, problem) = match (setting, value.to_str()) {
            (Some(setting), Some(text)) => {
                return self.put(setting, text, Origin::Environment(name));
            }
            (Some(setting), None) => (setting.key, Problem::NotText),
            (None, _) => {
                let suggestion = suggest_setting(&meant).map(variable_of);
                ("", Problem::UnknownSetting { suggestion })
            }
        };
        self.report(Mistake::new(Origin::Environment(name), key, problem));
    }

    fn put_set(&mut self, given: &str) {
        match given.split_once('=') {
            Some((key, text)) => self.put_key(key, text, Origin::Set),
            None => self.report(Mistake::new(Origin::Set, given, Problem::NoValue)),
        }
    }

    fn finish(self) -> Result<Loaded, Mistakes> {
        Mistakes::check(self.found)?;
        let loaded = Loaded::new(self.settings, self.origins);
        rules::check(&loaded)?;
        Ok(loaded)
    }
}

fn is_setting(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let rest = name.strip_prefix(VARIABLE_PREFIX);
    rest.is_some_and(|rest| rest.contains(VARIABLE_DOT))
}

/// The key that a variable probably means.
fn key_of(variable: &str) -> String {
    let rest = variable.strip_prefix(VARIABLE_PREFIX).unwrap_or(variable);
    rest.replacen(VARIABLE_DOT, ".", 1).to_lowercase()
}

fn variable_of(setting: &Setting) -> String {
    let key = setting.key.replacen('.', VARIABLE_DOT, 1);
    format!("{VARIABLE_PREFIX}{}", key.to_uppercase())
}

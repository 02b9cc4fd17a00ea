//! What came out of the layers, and where each value came from.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::mistake::{Mistake, Mistakes};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::rules;
use crate::settings::Settings;
use crate::table::{Setting, all, find};

/// How far the ports of instances on one machine lie apart. Lower than the
/// distance between default ports, and one instance takes what is another's;
/// higher, and fewer instances fit below the highest port.
pub const PORTS_PER_INSTANCE: u16 = 10;

/// Settings within all bounds, each with its origin. See the [crate].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    settings: Settings,
    /// Of the settings that are not at their default.
    origins: BTreeMap<&'static str, Origin>,
}

/// One setting, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'l> {
    /// Its key, such as `rpc.listen`.
    pub key: &'static str,
    /// Its value, as `--set` takes it.
    pub value: String,
    /// Where the value came from.
    pub origin: &'l Origin,
}

impl Loaded {
    pub(crate) fn new(settings: Settings, origins: BTreeMap<&'static str, Origin>) -> Self {
        Self { settings, origins }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings alone.
    pub fn into_settings(self) -> Settings {
        self.settings
    }

    /// Where the value of a setting came from; `None` if there is no setting
    /// of this key.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        find(key).map(|setting| self.origin_of(setting))
    }

    /// All settings, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        all().map(|setting| self.entry_of(setting))
    }

    /// One of them.
    pub fn entry(&self, key: &str) -> Option<Entry<'_>> {
        find(key).map(|setting| self.entry_of(setting))
    }

    /// Moves the ports that nobody chose, so that several nodes run on one
    /// machine. Instance 0 is where it is anyway. Call it once.
    pub fn offset_ports(&mut self, instance: u16) -> Result<(), Mistakes> {
        let offset = u32::from(instance) * u32::from(PORTS_PER_INSTANCE);
        let mut found = Vec::new();
        let mut moved = self.clone();
        moved.move_listeners(&Origin::Instance, |setting, port| {
            // Port 0 is whatever is unused, and is not taken twice.
            if port == 0 || instance == 0 {
                return None;
            }
            let moved = u16::try_from(u32::from(port) + offset);
            moved
                .map_err(|_| {
                    let problem = Problem::PortTooHigh { port, instance };
                    found.push(Mistake::new(Origin::Instance, setting.key, problem));
                })
                .ok()
        });
        Mistakes::check(found)?;
        rules::check(&moved)?;
        *self = moved;
        Ok(())
    }

    /// Lets the system choose the ports that nobody chose.
    pub fn any_port(&mut self) {
        self.move_listeners(&Origin::UnusedPorts, |_, _| Some(0));
    }

    /// Moves each listener that nobody put where it is to the port that `port`
    /// says, if it says one.
    fn move_listeners(
        &mut self,
        origin: &Origin,
        mut port: impl FnMut(&Setting, u16) -> Option<u16>,
    ) {
        for setting in all() {
            if self.origin_of(setting).is_chosen() {
                continue;
            }
            if let Some(address) = (setting.listener)(&mut self.settings)
                && let Some(port) = port(setting, address.port())
            {
                address.set_port(port);
                self.origins.insert(setting.key, origin.clone());
            }
        }
    }

    /// The settings that say where something listens.
    pub(crate) fn listeners(&self) -> Vec<(Entry<'_>, SocketAddr)> {
        let mut settings = self.settings.clone();
        let mut address = |setting: &Setting| (setting.listener)(&mut settings).copied();
        all()
            .filter_map(|setting| Some((self.entry_of(setting), address(setting)?)))
            .collect()
    }

    fn origin_of(&self, setting: &Setting) -> &Origin {
        self.origins.get(setting.key).unwrap_or(&Origin::Default)
    }

    fn entry_of(&self, setting: &Setting) -> Entry<'_> {
        Entry {
            key: setting.key,
            value: (setting.show)(&self.settings),
            origin: self.origin_of(setting),
        }
    }
}

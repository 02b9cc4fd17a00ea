//! The shape of the table of settings, and how code is made from it.

use std::fmt;
use std::net::SocketAddr;

use crate::bounds::Bounds;
use crate::problem::Problem;
pub(crate) use crate::settings::SECTIONS;
use crate::settings::Settings;
use crate::value::Form;

/// A section of the file.
pub(crate) struct Section {
    pub(crate) name: &'static str,
    /// What it is about, by line, each with a space in front.
    pub(crate) about: &'static [&'static str],
    pub(crate) settings: &'static [Setting],
}

/// One setting.
pub(crate) struct Setting {
    /// Section and name, as in `rpc.listen`.
    pub(crate) key: &'static str,
    /// What it means, by line, each with a space in front.
    pub(crate) about: &'static [&'static str],
    /// Bare text, as in `--set`.
    pub(crate) default: &'static str,
    pub(crate) form: Form,
    pub(crate) bounds: Bounds,
    /// Reads bare text into its place.
    pub(crate) read: fn(&mut Settings, &str) -> Result<(), Problem>,
    /// Shows what is in its place.
    pub(crate) show: fn(&Settings) -> String,
    /// The place, if it is that of a listener.
    pub(crate) listener: fn(&mut Settings) -> Option<&mut SocketAddr>,
}

impl Setting {
    /// The name within its section.
    pub(crate) fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    /// The default, as a line of the file.
    pub(crate) fn to_toml(&self) -> String {
        format!("{} = {}", self.name(), self.form.to_toml(self.default))
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

/// All settings, in the order of the file.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

/// The setting of this key.
pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.key == key)
}

/// Makes the types of the settings, their defaults, and the table of what is
/// said about each, from one list. Doc comments become the comments of the
/// file. A row is `name: type = default, bounds;`.
macro_rules! settings {
    ($(
        $(#[doc = $section_about:literal])+
        $section:ident: $type_of_section:ident {
            $(
                $(#[doc = $about:literal])+
                $name:ident: $type:ty = $default:literal, $bounds:expr;
            )+
        }
    )+) => {
        /// All settings of a node, by section.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $section_about])+ pub $section: $type_of_section,)+
        }

        $(
            $(#[doc = $section_about])+
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $type_of_section {
                $($(#[doc = $about])+ pub $name: $type,)+
            }

            impl Default for $type_of_section {
                fn default() -> Self {
                    Self { $($name: $crate::value::read_default($default, &$bounds),)+ }
                }
            }
        )+

        /// The table: every setting of every section.
        pub(crate) const SECTIONS: &[$crate::table::Section] = &[$(
            $crate::table::Section {
                name: stringify!($section),
                about: &[$($section_about),+],
                settings: &[$(
                    $crate::table::Setting {
                        key: concat!(stringify!($section), ".", stringify!($name)),
                        about: &[$($about),+],
                        default: $default,
                        form: <$type as $crate::value::Value>::FORM,
                        bounds: $bounds,
                        read: |settings, text| {
                            let value = $crate::value::Value::read(text, &$bounds)?;
                            settings.$section.$name = value;
                            Ok(())
                        },
                        show: |settings| $crate::value::Value::show(&settings.$section.$name),
                        listener: |settings| {
                            $crate::value::Value::as_listener(&mut settings.$section.$name)
                        },
                    },
                )+],
            },
        )+];
    };
}
pub(crate) use settings;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn numbers() -> impl Iterator<Item = &'static Setting> {
        all().filter(|setting| matches!(setting.form, Form::Size | Form::Duration | Form::Number))
    }

    /// Reads a number where the setting stands, and what stands there then.
    fn put(setting: &Setting, number: u64) -> Result<String, Problem> {
        let mut settings = Settings::default();
        (setting.read)(&mut settings, &setting.form.show(number))?;
        Ok((setting.show)(&settings))
    }

    #[test]
    fn every_default_reads_and_shows_as_the_table_has_it() {
        let mut settings = Settings::default();
        for setting in all() {
            assert_eq!((setting.show)(&settings), setting.default, "{setting:?}");
            let read = (setting.read)(&mut settings, setting.default);
            assert_eq!(read, Ok(()), "{setting:?}");
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn every_number_holds_at_its_bounds_and_not_beyond() {
        for setting in numbers() {
            let Bounds { min, max, .. } = setting.bounds;
            let show = |number| Ok(setting.form.show(number));
            assert_eq!(put(setting, min), show(min), "{setting:?}");
            assert_eq!(put(setting, max), show(max), "{setting:?}");
            let above = put(setting, max + 1);
            assert!(
                matches!(above, Err(Problem::TooLarge { .. })),
                "{setting:?}"
            );
            let below = put(setting, min - 1);
            assert!(
                matches!(below, Err(Problem::TooSmall { .. })),
                "{setting:?}"
            );
            assert_eq!(put(setting, 0).is_ok(), setting.bounds.zero, "{setting:?}");
        }
        assert!(numbers().count() >= 14);
    }

    #[test]
    fn every_bound_has_a_reason_of_its_own() {
        for setting in numbers() {
            let Bounds { below, above, .. } = setting.bounds;
            assert!(!below.is_empty() && !above.is_empty(), "{setting:?}");
            assert_ne!(below, above, "{setting:?}");
        }
    }

    #[test]
    fn keys_are_unique_and_have_one_dot() {
        let keys: BTreeSet<&str> = all().map(|setting| setting.key).collect();
        assert_eq!(keys.len(), all().count());
        for setting in all() {
            assert_eq!(find(setting.key).map(Setting::name), Some(setting.name()));
            assert_eq!(setting.key.matches('.').count(), 1, "{setting:?}");
        }
    }
}

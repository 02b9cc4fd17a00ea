//! Which setting was probably meant.

use pyralog_primitives::text::nearest;

use crate::table::{SECTIONS, Setting, all, find};

/// Longer keys are nobody's typing error.
const KEY_BYTES_MAX: usize = 64;
/// Shorter beginnings fit too much.
const PREFIX_BYTES_MIN: usize = 3;

/// The setting nearest to `key`, as in `rpc.listen`, if one is near: mistyped
/// by a little, broken off, or in another section.
pub(crate) fn suggest_setting(key: &str) -> Option<&'static Setting> {
    let spelled = spelled(key)?;
    let begins =
        |name: &str| spelled.len() >= PREFIX_BYTES_MIN && name.starts_with(spelled.as_str());
    let word = spelled.rsplit('.').next().unwrap_or_default();
    nearest(&spelled, all().map(|setting| setting.key))
        .and_then(find)
        .or_else(|| all().find(|setting| begins(setting.key)))
        .or_else(|| {
            let name = nearest(word, all().map(Setting::name))?;
            all().find(|setting| setting.name() == name)
        })
}

/// The name of the section nearest to `name`, if one is near.
pub(crate) fn suggest_section(name: &str) -> Option<&'static str> {
    let sections = SECTIONS.iter().map(|section| section.name);
    nearest(&spelled(name)?, sections)
}

fn spelled(key: &str) -> Option<String> {
    let is_short = key.len() <= KEY_BYTES_MAX;
    is_short.then(|| key.to_lowercase().replace(['-', ' '], "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_settings_are_suggested() {
        for (key, expected) in [
            ("rpc.listn", Some("rpc.listen")),
            ("rcp.listen", Some("rpc.listen")),
            ("RPC.LISTEN", Some("rpc.listen")),
            ("rpc.cors-origins", Some("rpc.cors_origins")),
            ("rpc.body_bytes", Some("rpc.body_bytes_max")),
            ("store.filter", Some("log.filter")),
            ("metrics.lisen", Some("metrics.listen")),
            ("fromat", Some("log.format")),
            ("rpc.moniker", None),
            ("moniker", None),
            ("x", None),
            ("", None),
        ] {
            let suggestion = suggest_setting(key).map(|setting| setting.key);
            assert_eq!(suggestion, expected, "{key}");
        }
        let long = format!("rpc.listen{}", "x".repeat(KEY_BYTES_MAX));
        assert!(suggest_setting(&long).is_none());
    }

    #[test]
    fn near_sections_are_suggested() {
        for (name, expected) in [
            ("rcp", Some("rpc")),
            ("logs", Some("log")),
            ("Mem-pool", Some("mempool")),
            ("sql", None),
            ("x", None),
        ] {
            assert_eq!(suggest_section(name), expected, "{name}");
        }
    }
}

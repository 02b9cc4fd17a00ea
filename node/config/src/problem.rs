//! What can be wrong with a value, one variant for each kind.
//!
//! The operator must act, so each message says what is wrong and what to do.
//! No message repeats the value: the origin and the key lead there.

use crate::file::{BRACE_COUNT_MAX, CONFIG_BYTES_MAX};
use crate::value::{LIST_COUNT_MAX, TEXT_BYTES_MAX};

/// One kind of mistake. New kinds are added where they belong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    // The file as a whole.
    /// The file is longer than any needs to be.
    #[error(
        "the file has {found} bytes, at most {CONFIG_BYTES_MAX} are read; \
         remove comments, or give the right file"
    )]
    FileTooLong {
        /// Its length.
        found: usize,
    },
    /// The text is not TOML.
    #[error("this is not TOML: {message}; correct it here or just above")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// More inline tables than the parser may be given.
    #[error(
        "from here on the file has more than {BRACE_COUNT_MAX} '{{'; \
         write settings below their [section], and remove the braces"
    )]
    TooManyBraces,

    // Keys and types.
    /// A section that does not exist.
    #[error("there is no such section; {}", remedy(suggestion.as_deref()))]
    UnknownSection {
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A setting that does not exist.
    #[error("there is no such setting; {}", remedy(suggestion.as_deref()))]
    UnknownSetting {
        /// What was probably meant.
        suggestion: Option<String>,
    },
    /// A value of another type.
    #[error("this is {found}; write it like this: {example}")]
    WrongType {
        /// The type it has.
        found: &'static str,
        /// A line with a value of the right type.
        example: String,
    },
    /// A setting or an entry of a list that is there already.
    #[error("this was given before; keep the one you mean and remove the other")]
    Duplicate,
    /// A text of `--set` without a value.
    #[error("no value is given; write it like this: --set section.key=value")]
    NoValue,
    /// Bytes that are no text.
    #[error("this is no text in UTF-8; write it again")]
    NotText,

    // The forms of values.
    /// No address to listen on.
    #[error("not an address; write digits and a port, such as 127.0.0.1:26657 or [::1]:26657")]
    AddressForm,
    /// A size in no known form.
    #[error("not a size; write whole numbers with B, KiB, MiB, GiB or TiB, such as 64KiB")]
    SizeForm,
    /// A size that is only a number.
    #[error("a size needs its unit; write \"{digits}B\" if you mean bytes, or use KiB or MiB")]
    SizeWithoutUnit {
        /// The number.
        digits: String,
    },
    /// A duration in no known form.
    #[error("not a duration; write whole seconds or milliseconds, such as 5s or 500ms")]
    DurationForm,
    /// No whole number.
    #[error("not a whole number; write digits only, such as 25")]
    NumberForm,
    /// Neither true nor false.
    #[error("neither yes nor no; write true or false")]
    BooleanForm,
    /// None of the names that may be chosen.
    #[error("there is no such choice; write {choices}")]
    UnknownChoice {
        /// The names.
        choices: String,
    },
    /// A text that is empty, too long or of several lines.
    #[error("not a text for one line; write 1 to {TEXT_BYTES_MAX} bytes and no control characters")]
    TextForm,
    /// A list with too many entries.
    #[error("the list has {found} entries, at most {LIST_COUNT_MAX} are allowed; shorten it")]
    ListTooLong {
        /// How many it has.
        found: usize,
    },
    /// No origin of a web page.
    #[error(
        "entry {entry} is no origin of a web page; write * for any, or scheme, host and port \
         in lower case and nothing behind, such as https://app.example.com"
    )]
    WebOriginForm {
        /// Which entry, counted from 1.
        entry: usize,
    },

    // Bounds.
    /// A number below its bound.
    #[error("too small: with less than {min}, {reason}; raise it")]
    TooSmall {
        /// The bound.
        min: String,
        /// What happens below.
        reason: &'static str,
    },
    /// A number above its bound.
    #[error("too large: with more than {max}, {reason}; lower it")]
    TooLarge {
        /// The bound.
        max: String,
        /// What happens above.
        reason: &'static str,
    },
    /// A part that is more than the whole.
    #[error("more than {other}, which is {value} ({origin}); lower this or raise that")]
    AboveOther {
        /// The setting that may not be less.
        other: &'static str,
        /// What it is.
        value: String,
        /// Who says so.
        origin: String,
    },
    /// Two listeners of one port.
    #[error("{other} listens on this port too ({origin}); choose another port")]
    SamePort {
        /// The other listener.
        other: &'static str,
        /// Who says so.
        origin: String,
    },
    /// A port above the highest.
    #[error(
        "with instance {instance} the port {port} is moved above 65535; \
         give a lower instance, or set the address"
    )]
    PortTooHigh {
        /// The port of instance 0.
        port: u16,
        /// The instance wanted.
        instance: u16,
    },
}

fn remedy(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("did you mean '{name}'?"),
        None => "remove it".to_owned(),
    }
}

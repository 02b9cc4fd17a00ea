use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::subscriber::with_default;
use tracing::{debug, info, info_span, warn};

use super::*;

const FORMATS: [Format; 3] = [Format::Pretty, Format::Logfmt, Format::Json];

/// Somewhere to write that can be read again.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        text.lines().map(str::to_owned).collect()
    }
}

/// The lines that `events` leave.
fn logged(
    format: Format,
    filter: &str,
    ansi: bool,
    events: impl FnOnce(LogControl),
) -> Vec<String> {
    let captured = Captured::default();
    let writer = captured.clone();
    let (subscriber, control) = subscriber(format, filter, ansi, writer).unwrap();
    with_default(subscriber, || events(control));
    captured.lines()
}

fn final_block(_: LogControl) {
    let span = info_span!("round", round = 2);
    let _inside = span.enter();
    info!(
        height = 7,
        hash = "ab \"cd\"",
        late = true,
        "block is final"
    );
}

/// Splits `key=value key="quoted value"`.
fn logfmt(line: &str) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').expect("a key and a value");
        assert!(!key.is_empty() && !key.contains([' ', '"']), "{line}");
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            quoted_value(quoted)
        } else {
            let end = after.find(' ').unwrap_or(after.len());
            (after[..end].to_owned(), &after[end..])
        };
        assert!(pairs.insert(key.to_owned(), value).is_none(), "{line}");
        rest = after.strip_prefix(' ').unwrap_or_else(|| {
            assert!(after.is_empty(), "{line}");
            after
        });
    }
    pairs
}

/// What stands before the closing quote, and what follows it.
fn quoted_value(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut signs = quoted.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => match signs.next().expect("an escaped sign").1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    panic!("no closing quote in {quoted}");
}

#[test]
fn a_pretty_line_begins_with_time_and_level() {
    let lines = logged(Format::Pretty, "info", false, final_block);
    let [line] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    let (time, rest) = line.split_once(' ').unwrap();
    let time: Vec<&str> = time.strip_suffix('Z').unwrap().split(':').collect();
    let [hours, minutes, seconds] = time.as_slice() else {
        panic!("{line}");
    };
    for (part, end) in [(hours, 24), (minutes, 60), (seconds, 60)] {
        assert!(
            part.len() == 2 && part.parse::<u8>().unwrap() < end,
            "{line}"
        );
    }
    let (level, rest) = rest.trim_start().split_once(' ').unwrap();
    assert_eq!(level, "INFO");
    for part in ["block is final", "height=7", "late=true", "round=2"] {
        assert!(rest.contains(part), "{part} in {line}");
    }
}

#[test]
fn a_logfmt_line_gives_every_field() {
    let lines = logged(Format::Logfmt, "info", true, final_block);
    assert_eq!(lines.len(), 1);
    let fields = logfmt(&lines[0]);
    for (key, value) in [
        ("level", "info"),
        ("message", "block is final"),
        ("height", "7"),
        ("hash", "ab \"cd\""),
        ("late", "true"),
        ("span", "round"),
        ("round", "2"),
    ] {
        assert_eq!(fields.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert!(fields["ts"].ends_with('Z'), "{}", fields["ts"]);
}

#[test]
fn a_json_line_gives_every_field_at_its_top() {
    let lines = logged(Format::Json, "info", true, final_block);
    assert_eq!(lines.len(), 1);
    let fields: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(fields["level"], "INFO");
    assert_eq!(fields["message"], "block is final");
    assert_eq!(fields["height"], 7);
    assert_eq!(fields["hash"], "ab \"cd\"");
    assert_eq!(fields["late"], true);
    assert_eq!(fields["span"]["name"], "round");
    assert_eq!(fields["span"]["round"], 2);
    assert!(fields["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn no_field_forges_a_line_or_moves_the_cursor() {
    let forged = "x\n12:00:00Z ERROR the disk is gone\r\u{1b}[2J";
    let error = io::Error::other(forged);
    for format in FORMATS {
        let lines = logged(format, "info", false, |_| {
            let span = info_span!("of", peer = %forged);
            let _inside = span.enter();
            let error: &(dyn std::error::Error + 'static) = &error;
            info!(text = forged, shown = %forged, seen = ?forged, error, "{forged}");
        });
        assert_eq!(lines.len(), 1, "{format:?}: {lines:?}");
        assert!(
            !lines[0].contains(['\r', '\u{1b}']),
            "{format:?}: {lines:?}"
        );
    }
}

#[test]
fn only_pretty_lines_have_colours_and_only_when_asked() {
    let coloured = |format, ansi| {
        let lines = logged(format, "info", ansi, |_| info!(height = 7, "final"));
        lines[0].contains('\u{1b}')
    };
    assert!(coloured(Format::Pretty, true));
    assert!(!coloured(Format::Pretty, false));
    assert!(!coloured(Format::Logfmt, true));
    assert!(!coloured(Format::Json, true));
}

#[test]
fn the_filter_decides_what_is_written() {
    for format in FORMATS {
        let lines = logged(format, "warn,chatty=debug,quiet=off", false, |_| {
            info!("hidden");
            warn!("shown");
            debug!(target: "chatty", "shown");
            warn!(target: "quiet", "hidden");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines.iter().all(|line| line.contains("shown")), "{lines:?}");
    }
}

#[test]
fn libraries_that_chatter_warn_and_say_no_more_unless_they_are_named() {
    let speak = |filter| {
        logged(Format::Logfmt, filter, false, |_| {
            info!(target: "arc_malachitebft_core_consensus::handle", "a vote");
            warn!(target: "arc_malachitebft_core_consensus", "a warning");
            info!("ours");
        })
    };
    assert_eq!(speak("info").len(), 2);
    assert_eq!(speak("debug").len(), 2);
    assert_eq!(speak("info,arc_malachitebft=info").len(), 3);
    assert_eq!(speak("info,arc_malachitebft_core_consensus=info").len(), 3);
    assert_eq!(speak("error").len(), 0);
}

#[test]
fn a_new_filter_holds_at_once_and_a_bad_one_changes_nothing() {
    for format in FORMATS {
        let lines = logged(format, "warn", false, |control| {
            let speak = |text| info!("{text}");
            speak("before");
            control.set_filter("info").unwrap();
            speak("between");
            let bad = control.set_filter("warn,hyper=lound").unwrap_err();
            assert!(bad.to_string().contains("hyper=lound"), "{bad}");
            speak("still");
            control.set_filter("off").unwrap();
            speak("after");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("between") && lines[1].contains("still"));
    }
}

#[test]
fn a_log_that_is_gone_says_so() {
    let (subscriber, control) = subscriber(Format::Json, "info", false, io::sink()).unwrap();
    drop(subscriber);
    let gone = control.set_filter("info").unwrap_err();
    assert!(matches!(gone, SetFilterError::Gone(_)), "{gone}");
}

/// Events are written above the line, which is there again after each.
#[test]
fn events_do_not_mix_with_the_line_below_them() {
    let captured = Captured::default();
    let out = captured.clone();
    let (subscriber, control) = subscriber(Format::Logfmt, "info", false, out).unwrap();
    with_default(subscriber, || {
        let line = control.line();
        info!("before");
        line.show("half");
        line.show("half");
        info!("meanwhile");
        line.show("");
        info!("after");
    });
    let written = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let erase = "\r\x1b[2K";
    let parts: Vec<&str> = written.split(erase).collect();
    assert_eq!(parts.len(), 4, "{written:?}");
    assert!(parts[0].contains("before") && parts[0].ends_with('\n'));
    assert_eq!(parts[1], "half");
    assert!(parts[2].contains("meanwhile") && parts[2].ends_with("\nhalf"));
    assert!(parts[3].contains("after") && parts[3].ends_with('\n'));
}

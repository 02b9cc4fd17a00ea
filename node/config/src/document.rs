//! Writes the file that a new node begins with.

use std::fmt::Write;

use crate::table::{SECTIONS, Setting};
use crate::value::Form;

const HEADER: &str = "\
# Settings of this node. All are commented out and show their defaults: to
# change one, remove the # in front of its line and write another value.
#
# Nearer wins: --set section.key=value, then the environment variable
# PYRALOG_SECTION__KEY, then this file, then the default. What holds, and where
# each value came from, is shown by: pyralog-node config show --origin
";

/// The text of a new file: each setting commented out, with its default, its
/// meaning and its bounds. Loading it changes nothing.
pub fn commented_defaults() -> String {
    let mut text = HEADER.to_owned();
    for section in SECTIONS {
        text.push('\n');
        write_comment(&mut text, section.about);
        write_line(&mut text, &format!("[{}]", section.name));
        for setting in section.settings {
            text.push('\n');
            write_comment(&mut text, setting.about);
            if let Some(range) = range(setting) {
                write_line(&mut text, &format!("# {range}"));
            }
            write_line(&mut text, &format!("# {}", setting.to_toml()));
        }
    }
    text
}

/// Each line of a doc comment begins with a space.
fn write_comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        write_line(text, &format!("#{line}"));
    }
}

fn write_line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string accepts every text");
}

fn range(setting: &Setting) -> Option<String> {
    let (form, bounds) = (setting.form, &setting.bounds);
    match form {
        Form::Text | Form::Boolean | Form::List => None,
        Form::Size | Form::Duration | Form::Number => {
            let (min, max) = (form.show(bounds.min), form.show(bounds.max));
            let zero = if bounds.zero { ", or 0" } else { "" };
            Some(format!("From {min} to {max}{zero}."))
        }
    }
}

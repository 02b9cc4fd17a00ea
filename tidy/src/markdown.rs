//! Just enough Markdown: links and headings outside of code.

use std::collections::BTreeSet;

/// A link, also one that a reference definition gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) target: String,
    pub(crate) line: usize,
}

/// The links of a page with a target; a draft chapter of a book has none.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let text = without_code_spans(&without_fences(text));
    let mut found = Vec::new();
    for (at, opening) in text.match_indices("](") {
        let target = target(&text[at + opening.len()..]);
        let line = text[..at].matches('\n').count() + 1;
        found.push(Link { target, line });
    }
    for (index, line) in text.lines().enumerate() {
        if let Some(target) = defined_target(line) {
            let line = index + 1;
            found.push(Link { target, line });
        }
    }
    found.retain(|link| !link.target.is_empty());
    found
}

/// The fragments that lead to a place in a page.
pub(crate) fn anchors(text: &str) -> BTreeSet<String> {
    let text = without_fences(text);
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        if let Some(title) = heading(line) {
            let slug = slug(title);
            // Repeated headings are numbered in order.
            let numbered = (1..).map(|number| format!("{slug}-{number}"));
            let free = std::iter::once(slug.clone())
                .chain(numbered)
                .find(|anchor| !anchors.contains(anchor));
            anchors.extend(free);
        }
        // An anchor in HTML: `<a id="here">`.
        let named = line
            .split("id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        anchors.extend(named.map(str::to_owned));
    }
    anchors
}

/// What stands between the brackets of a link, without a title.
fn target(rest: &str) -> String {
    let rest = rest.trim_start();
    if let Some(pointed) = rest.strip_prefix('<') {
        return pointed.split('>').next().unwrap_or("").to_owned();
    }
    let mut open = 0_usize;
    rest.chars()
        .take_while(|sign| {
            match sign {
                '(' => open += 1,
                ')' if open == 0 => return false,
                ')' => open -= 1,
                _ => {}
            }
            !sign.is_whitespace()
        })
        .collect()
}

/// The target of `[label]: target`; footnotes have none.
fn defined_target(line: &str) -> Option<String> {
    let (label, rest) = line.trim_start().strip_prefix('[')?.split_once("]:")?;
    (!label.starts_with('^') && !label.contains(']')).then(|| target(rest))
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    ((1..=6).contains(&level) && title.starts_with(' '))
        .then(|| title.trim().trim_end_matches('#').trim_end())
}

/// The anchor of a heading, as GitHub and mdBook make it.
fn slug(title: &str) -> String {
    if let Some((_, id)) = title
        .strip_suffix('}')
        .and_then(|title| title.rsplit_once("{#"))
    {
        return id.to_owned();
    }
    without_targets(title)
        .to_lowercase()
        .chars()
        .filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'))
        .map(|sign| if sign == ' ' { '-' } else { sign })
        .collect()
}

/// `[text](target)` reads as `text` in an anchor.
fn without_targets(title: &str) -> String {
    let mut kept = String::new();
    let mut rest = title;
    while let Some((before, after)) = rest.split_once("](") {
        kept.push_str(before);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    kept + rest
}

/// `text` with the lines of fenced blocks emptied.
fn without_fences(text: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut kept = String::new();
    for line in text.lines() {
        let marker = fence_marker(line);
        match (fence, marker) {
            (None, None) => kept.push_str(line),
            (None, Some(_)) => fence = marker,
            (Some(opened), Some(marker)) => {
                let is_bare = line.trim() == marker;
                if is_bare && marker.starts_with(opened) {
                    fence = None;
                }
            }
            (Some(_), None) => {}
        }
        kept.push('\n');
    }
    kept
}

/// The run of backticks or tildes that opens or closes a fence.
fn fence_marker(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let sign = line
        .chars()
        .next()
        .filter(|sign| matches!(sign, '`' | '~'))?;
    let run = &line[..line.len() - line.trim_start_matches(sign).len()];
    (run.len() >= 3 && !line[run.len()..].contains('`')).then_some(run)
}

/// `text` with inline code removed, line breaks kept.
fn without_code_spans(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (before, from_run) = rest.split_at(start);
        kept.push_str(before);
        let after = from_run.trim_start_matches('`');
        let run = from_run.len() - after.len();
        match code_end(after, run) {
            Some(end) => {
                kept.extend(after[..end].chars().filter(|sign| *sign == '\n'));
                rest = &after[end + run..];
            }
            None => rest = after,
        }
    }
    kept + rest
}

/// Where a run of exactly `run` backticks begins in the same paragraph.
fn code_end(text: &str, run: usize) -> Option<usize> {
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    let mut at = 0;
    while let Some(found) = paragraph[at..].find('`') {
        let start = at + found;
        let tail = &paragraph[start..];
        let length = tail.len() - tail.trim_start_matches('`').len();
        if length == run {
            return Some(start);
        }
        at = start + length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Vec<(String, usize)> {
        links(text)
            .into_iter()
            .map(|link| (link.target, link.line))
            .collect()
    }

    #[test]
    fn links_are_found_in_every_shape() {
        let text = "[a](b.md \"title\")\n![i](c(1).png)\n[d](<e f.md>)\n\n[g]: h.md\n[^1]: note";
        let expected = [("b.md", 1), ("c(1).png", 2), ("e f.md", 3), ("h.md", 5)];
        assert_eq!(
            targets(text),
            expected.map(|(target, line)| (target.to_owned(), line))
        );
    }

    #[test]
    fn code_holds_no_links() {
        let text = "`[a](b)` ``[`c`](d)``\n```text\n[e](f)\n```\n~~~\n[g](h)\n~~~\n`i\n[j](k)`\n";
        assert!(targets(text).is_empty());
        assert!(targets("```\n```text\n[a](b)\n```\n").is_empty());
        let nested = "````md\n```text\n[a](b)\n```\n[c](d)\n````\n";
        assert!(targets(nested).is_empty());
    }

    #[test]
    fn a_link_beside_code_is_still_a_link() {
        for text in [
            "[`a`](b)",
            "```\nc\n```\n[a](b)",
            "```c``` [a](b)",
            "``` c ``` d\n[a](b)",
            "a ` alone\n\n[a](b) `",
        ] {
            let line = text.lines().count();
            assert_eq!(targets(text), [("b".to_owned(), line)], "{text}");
        }
    }

    #[test]
    fn anchors_follow_the_headings() {
        let text = "# A `b_c`: *D*!\n#no\n####### no\n## E\n## E\n### [F g](h.md)\n## I {#own}\n```\n# no\n```\n";
        let expected = ["a-b_c-d", "e", "e-1", "f-g", "own"];
        assert_eq!(anchors(text), expected.map(str::to_owned).into());
    }
}

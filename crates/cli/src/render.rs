//! Findings as people read them: the source line with a caret under the place.
//!
//! Nothing that a file says reaches a terminal as it is: control characters and marks that turn text around are shown by
//! their numbers.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::renderer::{DEFAULT_LINE_NUM_STYLE, Style};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use waterspout::{Diagnostic, Severity};
use waterspout_review::report::{self, commands_terminals};
use waterspout_review::{Finding, Place};

use crate::read::FlagFile;

pub use waterspout_review::report::safe;

/// The most of a source line that is looked at, on each side of the place, in bytes. What is shown is less: as much as
/// fits beside each other.
const AROUND: usize = 1000;

/// All findings with their places.
pub fn write_findings(
    file: &FlagFile,
    findings: &[Finding],
    styled: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let look = Look::of(styled);
    for finding in findings {
        writeln!(out, "{}", finding_text(file, finding, &look))?;
    }
    Ok(())
}

/// Tells on stderr why a command has nothing to work with.
pub fn tell_refused(file: &FlagFile, findings: &[Diagnostic]) {
    let mut stderr = io::BufWriter::new(io::stderr().lock());
    let styled = takes_colour(&io::stderr());
    let findings: Vec<Finding> = findings.iter().map(Finding::from).collect();
    // Where even stderr is gone, the exit code still tells.
    let _ = write_findings(file, &findings, styled, &mut stderr);
    let _ = writeln!(stderr, "{}; this file is refused", report::counted(findings.iter()));
}

/// Whether a stream takes colour: a terminal, and nobody said `NO_COLOR`.
pub fn takes_colour(stream: &impl anstream::stream::RawStream) -> bool {
    anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never
}

/// Why a run cannot be made, as one line or two.
pub fn trouble(message: &str, help: Option<&str>) -> String {
    let look = Look::of(takes_colour(&io::stderr()));
    let mut text = String::new();
    look.push(Group::with_title(Level::ERROR.primary_title(safe(message))), &mut text);
    look.push_help(help, &mut text);
    text
}

fn finding_text(file: &FlagFile, finding: &Finding, look: &Look) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        _ => Level::INFO,
    };
    let mut text = String::new();
    let title = level.clone().primary_title(safe(&finding.message)).id(finding.rule);
    look.push(Group::with_title(title), &mut text);
    if let Some(place) = &finding.place {
        look.push_excerpt(file, place, level, finding.label.as_deref(), &mut text);
    }
    look.push_help(finding.help.as_deref(), &mut text);
    text
}

/// With colours or without.
struct Look {
    renderer: Renderer,
    place: Style,
}

impl Look {
    fn of(styled: bool) -> Look {
        if styled {
            Look { renderer: Renderer::styled(), place: DEFAULT_LINE_NUM_STYLE }
        } else {
            Look { renderer: Renderer::plain(), place: Style::new() }
        }
    }

    fn push(&self, group: Group<'_>, text: &mut String) {
        text.push_str(&self.renderer.render(&[group]));
        text.push('\n');
    }

    /// The line of a place, with a caret and what is to be said there.
    fn push_excerpt(
        &self,
        file: &FlagFile,
        place: &Place,
        level: Level<'_>,
        label: Option<&str>,
        text: &mut String,
    ) {
        let list = place.list.as_deref().map(|list| file.list(list).unwrap_or_default());
        let source = list.as_deref().unwrap_or(file.text());
        let (line, column) = (place.line, place.column);
        let gutter = if source.is_empty() { 1 } else { line.to_string().len() };
        let (name, arrow) = (file.name_of(place), self.place);
        // Written here, since the excerpt may be cut or spelt otherwise: its own columns are not those of the file.
        let _ = writeln!(text, "{:gutter$}{arrow}-->{arrow:#} {}:{line}:{column}", "", safe(&name));
        if !source.is_empty() {
            let Excerpt { line: excerpt, span } = Excerpt::of(source, place.span.clone());
            let caret = AnnotationKind::Primary.span(span).label(label.map(safe));
            let snippet = Snippet::source(excerpt).line_start(line).annotation(caret);
            self.push(Group::with_level(level).element(snippet), text);
        }
    }

    fn push_help(&self, help: Option<&str>, text: &mut String) {
        if let Some(help) = help {
            self.push(Group::with_title(Level::HELP.secondary_title(safe(help))), text);
        }
    }
}

/// One line of a file, fit to be shown, and a place in it.
struct Excerpt {
    line: String,
    span: Range<usize>,
}

impl Excerpt {
    /// The line where `span` starts; a span that goes on to other lines is cut at its end.
    fn of(text: &[u8], span: Range<usize>) -> Excerpt {
        let mark = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let text = text.get(mark..).unwrap_or_default();
        let start = span.start.saturating_sub(mark).min(text.len());
        let end = span.end.saturating_sub(mark).clamp(start, text.len());
        let (before, after) = text.split_at(start);
        let before = before.get(boundary(before, before.len().saturating_sub(AROUND))..).unwrap_or_default();
        let before = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = after.get(..boundary(after, AROUND)).unwrap_or(after);
        let after = after.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = after.strip_suffix(b"\r").unwrap_or(after);
        let (marked, rest) = after.split_at((end - start).min(after.len()));
        // Tabs are laid out later. Under the caret they are told by their number, as is any blank but the space: it may
        // be the very fault.
        let odd = |character| character != '\t' && commands_terminals(character);
        let odd_under_caret = |character: char| {
            character != ' ' && (character.is_whitespace() || commands_terminals(character))
        };
        let mut line = String::new();
        push_safe(before, odd, &mut line);
        let start = line.len();
        push_safe(marked, odd_under_caret, &mut line);
        let end = line.len();
        push_safe(rest, odd, &mut line);
        Excerpt { line, span: start..end }
    }
}

/// The first place from `at` on where a character can start.
fn boundary(text: &[u8], at: usize) -> usize {
    let continues = |byte: &u8| byte & 0xC0 == 0x80;
    let rest = text.get(at..).unwrap_or_default();
    (at + rest.iter().take_while(|byte| continues(byte)).count()).min(text.len())
}

/// Adds bytes as text that a terminal only shows: what is odd is told by its number.
fn push_safe(bytes: &[u8], is_odd: impl Fn(char) -> bool, out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_odd(character) {
                push_number(character, out);
            } else {
                out.push(character);
            }
        }
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// [`safe`] for text of several lines, whose line ends are ours.
pub fn safe_lines(text: &str) -> String {
    text.split('\n').map(safe).collect::<Vec<_>>().join("\n")
}

fn push_number(character: char, out: &mut String) {
    let _ = write!(out, "<U+{:04X}>", u32::from(character));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &[u8], span: Range<usize>) -> (String, Range<usize>) {
        let Excerpt { line, span } = Excerpt::of(text, span);
        (line, span)
    }

    #[test]
    fn an_excerpt_is_the_line_of_a_place() {
        assert_eq!(excerpt(b"one\ntwo three\nfour", 8..13), ("two three".to_owned(), 4..9));
        assert_eq!(excerpt(b"one\r\ntwo\r\n", 5..8), ("two".to_owned(), 0..3));
        assert_eq!(excerpt(b"{\n  1\n}", 0..7), ("{".to_owned(), 0..1));
        assert_eq!(excerpt(b"one\n", 4..4), (String::new(), 0..0));
        assert_eq!(excerpt(b"", 3..9), (String::new(), 0..0));
        assert_eq!(excerpt(b"\xEF\xBB\xBFabc", 3..4), ("abc".to_owned(), 0..1));
        assert_eq!(excerpt(b"\xEF\xBB\xBF", 0..0), (String::new(), 0..0));
        assert_eq!(excerpt(b"\xEF\xBB\xBF", 2..2), (String::new(), 0..0));
    }

    #[test]
    fn an_excerpt_shows_what_would_command_a_terminal() {
        let (line, span) = excerpt("a\u{1b}[2J\u{202e}b".as_bytes(), 8..9);
        assert_eq!(line, "a<U+001B>[2J<U+202E>b");
        assert_eq!(line.get(span), Some("b"));
        assert_eq!(excerpt(b"K\xF6ln", 1..2), ("K\u{fffd}ln".to_owned(), 1..4));
        assert_eq!(excerpt("a\tb:\u{a0}c".as_bytes(), 4..6), ("a\tb:<U+00A0>c".to_owned(), 4..12));
        assert_eq!(excerpt("a\u{a0}b".as_bytes(), 3..4).0, "a\u{a0}b");
    }

    #[test]
    fn a_line_of_a_million_characters_is_cut_around_the_place() {
        let text = "ä".repeat(500_000) + "x" + &"ö".repeat(500_000);
        let (line, span) = excerpt(text.as_bytes(), 1_000_000..1_000_001);
        assert!(line.len() <= 2 * AROUND + 1);
        assert_eq!(line.get(span), Some("x"));
    }

    #[test]
    fn line_ends_of_ours_stay() {
        assert_eq!(safe_lines("a\n\u{1b}b\n"), "a\n<U+001B>b\n");
    }
}

//! `hidden-character`

use waterspout::Severity;

use super::Lint;
use super::file::{Draft, File};
use crate::{Example, Rule};

pub(super) const LINT: Lint = Lint {
    rule: Rule {
        name: "hidden-character",
        severity: Severity::Warning,
        what: "A character that cannot be seen, or that turns the text around it, in a text or a comment of the file.",
        why: "A reviewer sees another file than the one that is loaded: a key that looks like `ada` and is not, or a rule \
              that seems to stand in a comment.",
        example: Example::File {
            doubtful: "{\n  \"version\": 1,\n  \"flags\": {\n    \"beta\": { \"rules\": [{ \"when\": { \"key\": { \"is\": \
                       \"ada\u{200b}\" } } }] }\n  }\n}",
            better: "{\n  \"version\": 1,\n  \"flags\": {\n    \"beta\": { \"rules\": [{ \"when\": { \"key\": { \"is\": \
                     \"ada\" } } }] }\n  }\n}",
        },
        instead: "Delete the character. Where a text needs it, write it as an escape, such as `\\u200b`, so that it can be \
                  seen.",
    },
    find,
};

fn find(file: &File<'_>, drafts: &mut Vec<Draft>) {
    // A byte-order mark at the start is none of the text.
    let start = if file.text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = file.text.get(start..).unwrap_or_default();
    for (at, character) in rest.char_indices().filter(|(_, character)| is_hidden(*character)) {
        let span = start + at..start + at + character.len_utf8();
        let flag = file
            .flags()
            .find(|(.., member)| member.key_span.start <= span.start && span.end <= member.value.span.end);
        let number = u32::from(character);
        drafts.push(
            Draft::new(
                &LINT.rule,
                span,
                format!("the character U+{number:04X} stands here, and cannot be seen"),
            )
            .of(flag.map(|(index, ..)| index))
            .help(format!("delete it, or write it as `\\u{number:04x}` in a text")),
        );
    }
}

/// Marks that turn text around, and characters without width. A joiner (U+200D) is part of many an emoji.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

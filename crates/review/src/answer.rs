//! An answer as one JSON object: what `eval` prints, and what a review shows as before and after.

use std::io::{self, Write};

use waterspout::{Answer, Context, Value};

/// Writes an answer as one object. Its keys, their order and that there are no blanks are a contract (FORMAT.md).
///
/// # Errors
/// If the output cannot be written.
pub fn write_answer(
    answer: &Answer<'_, Value<'_>>,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"{\"flag\":")?;
    write_text(Some(answer.key), out)?;
    out.write_all(b",\"key\":")?;
    write_text(context.targeting_key(), out)?;
    write!(out, ",\"value\":{},\"variant\":", answer.json)?;
    write_text(answer.variant, out)?;
    write!(out, ",\"reason\":\"{}\",\"rule\":", answer.reason)?;
    match answer.rule {
        Some(rule) => write!(out, "{}", rule.index)?,
        None => out.write_all(b"null")?,
    }
    out.write_all(b",\"name\":")?;
    write_text(answer.rule.and_then(|rule| rule.name), out)?;
    if let Some(error) = answer.error {
        write!(out, ",\"error\":\"{error}\"")?;
    }
    out.write_all(b"}")
}

fn write_text(text: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    match text {
        Some(text) => Ok(serde_json::to_writer(out, text)?),
        None => out.write_all(b"null"),
    }
}

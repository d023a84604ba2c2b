//! The difference as a terminal shows it.

use std::io::{self, Write};

use super::{Cell, Difference, FlagDifference, Share};
use crate::report::safe;

/// The most cells of one flag that are shown to people.
pub(crate) const CELLS: usize = 12;

impl Difference {
    /// Writes it for a terminal: the verdict, then a paragraph for each flag.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", safe(&self.verdict()))?;
        self.flags.iter().try_for_each(|flag| write_flag(flag, out))
    }
}

pub(crate) fn write_flag(flag: &FlagDifference, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}: {}", safe(&flag.key), safe(&flag.headline()))?;
    for edit in &flag.edits {
        let breaks = if flag.broken_by.contains(&edit.words) { "   <- the cause" } else { "" };
        writeln!(out, "  edit  {}{breaks}", safe(&edit.words))?;
    }
    if flag.shown().is_empty() {
        return Ok(());
    }
    let common = flag.common();
    let of = if common.is_empty() { String::new() } else { format!(", of those with {}", common.join(", ")) };
    writeln!(out, "  {:>9} {:>9} {:>9}  who{}", "gained", "lost", "switched", safe(&of))?;
    for cell in flag.shown().iter().take(CELLS) {
        let shares = [cell.gained, cell.lost, cell.switched].map(shown);
        writeln!(out, "  {:>9} {:>9} {:>9}  {}", shares[0], shares[1], shares[2], safe(&who(cell, &common)))?;
    }
    if flag.shown().len() > CELLS {
        writeln!(out, "  {:>9} and {} more", "...", flag.shown().len() - CELLS)?;
    }
    if flag.independent.len() > 1 && flag.shown().iter().any(|cell| !cell.is_unchanged()) {
        writeln!(out, "  taken for independent: {}", safe(&flag.independent.join("; ")))?;
    }
    if !flag.exact {
        writeln!(out, "  not exact: only {} cells were looked at", flag.visited)?;
    }
    // Those of a rename show that the other key is not there, which was said.
    let witnesses = if flag.renamed.is_some() { &[] } else { flag.witnesses.as_slice() };
    witnesses.iter().try_for_each(|witness| writeln!(out, "  e.g.  {}", safe(&witness.words())))
}

/// A share for people; nothing is a dash.
pub(crate) fn shown(share: Share) -> String {
    if share.is_zero() { "-".to_owned() } else { share.to_string() }
}

/// Who a cell is about; of named people who they are, if not all of them.
pub(crate) fn who(cell: &Cell, common: &[String]) -> String {
    const NAMES: usize = 8;
    let mut words = cell.words_without(common);
    // If the same happens to all that are named, the words name them already.
    let several =
        cell.people.len() > 1 || !cell.people.iter().all(|(kind, _)| cell.share(*kind) == Share::ONE);
    for (kind, people) in cell.people.iter().filter(|_| several) {
        let names = people.iter().take(NAMES).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let more = if people.len() > NAMES { ", ..." } else { "" };
        words = format!("{words} ({}: {names}{more})", kind.as_str());
    }
    words
}

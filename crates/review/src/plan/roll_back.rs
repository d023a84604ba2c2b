//! How to take an edit back: the inverse patch, and what applying it does to those who came in meanwhile.

use similar::TextDiff;

use super::Side;
use crate::diff::{Difference, Options};

/// The inverse of an edit.
#[derive(Clone, Debug)]
pub struct RollBack {
    /// A unified diff from the file after to the file before; lists are not in it.
    pub patch: String,
    /// What it does, in one line.
    pub verdict: String,
}

impl RollBack {
    /// `None` where the texts are the same.
    pub(super) fn of([base, head]: [Side<'_>; 2], options: Options) -> Option<RollBack> {
        if base.text == head.text {
            return None;
        }
        let path = head.name.rsplit_once(':').map_or(head.name, |(_, path)| path);
        let path = path.trim_start_matches("./").trim_start_matches('/');
        let lines = TextDiff::from_lines(head.text, base.text);
        let patch = lines
            .unified_diff()
            .context_radius(2)
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        let back = Difference::of(head.set, base.set, options);
        Some(RollBack { patch, verdict: back.verdict() })
    }
}

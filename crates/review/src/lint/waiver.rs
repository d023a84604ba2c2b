//! Waivers: findings that the authors of a flag accept until a date, and what is wrong with the waivers themselves.

use waterspout::flag_set::Waiver;

use super::file::{Draft, File};
use super::{is_lint, waiver_expired, waiver_for_nothing};
use crate::tree::Node;

/// Leaves out what is waived, and adds what is to be said of the waivers.
pub(super) fn apply(file: &File<'_>, mut drafts: Vec<Draft>) -> Vec<Draft> {
    let mut about = Vec::new();
    for (index, flag, member) in file.flags() {
        let nodes = member.value.get("waive").map(Node::items).unwrap_or_default();
        for (waiver, node) in flag.about().waivers().iter().zip(nodes) {
            let is_meant = |draft: &Draft| draft.flag == Some(index) && draft.rule.name == waiver.rule();
            if file.is_over(waiver.until()) {
                let finds = drafts.iter().any(is_meant);
                about.extend(waiver_expired::draft(waiver, node, finds).map(|draft| draft.of(index)));
                continue;
            }
            let before = drafts.len();
            drafts.retain(|draft| !is_meant(draft));
            if drafts.len() == before && is_for_nothing(waiver) {
                about
                    .extend(waiver_for_nothing::draft(waiver, node, flag.key()).map(|draft| draft.of(index)));
            }
        }
    }
    drafts.append(&mut about);
    drafts
}

/// Whether a waiver that meets no finding meets none anywhere. What waives a rule about edits is met by edits.
fn is_for_nothing(waiver: &Waiver) -> bool {
    is_lint(waiver.rule()) || crate::rule(waiver.rule()).is_none()
}

//! What the evaluator tells while it answers. It is generic over an observer; the silent one costs nothing, so an
//! explanation comes from the code that gives the answer.

use crate::context::ContextValue;
use crate::evaluate::Decision;
use crate::snapshot::{Choice, FlagRow};

pub(crate) trait Observer {
    /// Whether a rule's condition is walked even where its rollout has decided, so that it can be told.
    const CURIOUS: bool;

    /// A step's test was made. `seen` is what it looked at, `holds` what the test says of it, whatever `not` is around it.
    fn tested(&mut self, _step: usize, _seen: &ContextValue<'_>, _holds: Option<bool>) {}

    /// A segment's condition begins, and ends.
    fn segment(&mut self, _segment: u32) {}
    fn segment_end(&mut self, _held: bool) {}

    /// A required flag begins, and answered.
    fn required(&mut self, _flag: &FlagRow) {}
    fn required_end(&mut self, _flag: &FlagRow, _decision: Decision, _satisfied: bool) {}

    /// A denial was walked.
    fn denied(&mut self, _index: u32, _denied: bool) {}

    /// A rule begins; its unit's places are drawn; it ends.
    fn rule(&mut self, _rule: u32) {}
    fn no_unit(&mut self) {}
    fn rolled(&mut self, _position: u64, _inside: bool) {}
    fn split(&mut self, _position: u64, _variant: Choice) {}
    fn rule_end(&mut self, _rule: u32, _applies: bool) {}
}

/// Looks away.
pub(crate) struct Silent;

impl Observer for Silent {
    const CURIOUS: bool = false;
}

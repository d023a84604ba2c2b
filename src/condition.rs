//! Whether a condition holds of a context: a walk of steps from a first one to one of two ends.
//!
//! Hot, like `evaluate`, and as careful: cannot fail, panic, allocate, free or wait. A walk compares integers for as long
//! as they say it; where they do not, it is walked anew by looking at the values themselves.

use crate::bucket::Unit;
use crate::context::{Context, ContextValue};
use crate::mark::{Mark, Sort};
use crate::observe::Observer;
use crate::snapshot::{How, Jump, Operands, Rows, Snapshot, Step, Subject, Test, Written};

impl Snapshot {
    /// Whether a condition holds.
    #[inline]
    pub(crate) fn holds_from<O: Observer>(
        &self,
        start: Jump,
        context: &Context<'_>,
        observer: &mut O,
    ) -> bool {
        if !O::CURIOUS {
            match self.end_of(start, context) {
                Jump::HOLDS => return true,
                Jump::FAILS => return false,
                _ => {}
            }
        }
        self.walk(start, context, observer)
    }

    /// Where a walk ends that compares integers; beyond both ends where a step takes a longer look.
    // In one piece with its callers: a call of its own would save and restore more registers than a short walk takes steps.
    #[inline(always)]
    pub(crate) fn end_of(&self, mut jump: Jump, context: &Context<'_>) -> Jump {
        while let Some(step) = self.steps.get(jump.step()) {
            jump = match step.how {
                How::Range(sort) => {
                    let mark = context.mark(step.id);
                    if mark.sort == sort {
                        step.exit(step.is_in_range(mark.place))
                    } else {
                        step.exit_without(mark, context)
                    }
                }
                _ => self.exit_of(step, context),
            };
        }
        jump
    }

    /// Where a step leads that compares with more than one stretch.
    #[inline(never)]
    fn exit_of(&self, step: &Step, context: &Context<'_>) -> Jump {
        match step.how {
            How::OneOf(sort) => match context.mark(step.id) {
                mark if mark.sort == sort => step.exit(self.operands.is_one_of(step, mark.place)),
                mark => step.exit_without(mark, context),
            },
            How::Key => step.exit(step.low == context.hash().0),
            How::KeyOneOf => step.exit(self.operands.is_one_of(step, context.hash().0)),
            How::KeyListed => step.exit(self.operands.lists_key(step.low as u32, context)),
            How::Range(_) | How::Slowly => Jump::LOOK,
        }
    }

    /// Walks a condition from a step to one of the two ends.
    #[inline(never)]
    pub(crate) fn walk<O: Observer>(&self, mut jump: Jump, context: &Context<'_>, observer: &mut O) -> bool {
        while let Some((step, written)) = self.steps.get(jump.step()).zip(self.written.get(jump.step())) {
            jump = match self.outcome(jump.step(), *written, context, observer) {
                Some(true) => step.yes.looked(),
                Some(false) => step.no,
                None => step.unknown,
            };
        }
        jump == Jump::HOLDS
    }

    /// What a step's test comes to; `None` where the attribute is missing.
    fn outcome<O: Observer>(
        &self,
        step: usize,
        Written { test, subject, .. }: Written,
        context: &Context<'_>,
        observer: &mut O,
    ) -> Option<bool> {
        let (seen, holds) = if subject == Subject::KEY {
            let key = context.targeting_key().unwrap_or_default();
            (ContextValue::Text(key), Some(self.operands.key_holds(test, key, context.hash())))
        } else if let Some(attribute) = subject.attribute() {
            let seen = self.read(attribute, context);
            (seen, self.operands.holds(test, &seen))
        } else {
            return self.segment_outcome(test, context, observer);
        };
        observer.tested(step, &seen, holds);
        holds
    }

    fn segment_outcome<O: Observer>(
        &self,
        test: Test,
        context: &Context<'_>,
        observer: &mut O,
    ) -> Option<bool> {
        let Test::Segment { condition, segment } = test else { return None };
        observer.segment(segment);
        let held = self.holds_from(condition, context, observer);
        observer.segment_end(held);
        Some(held)
    }

    /// An attribute's value in a context, as the file's declaration reads it.
    pub(crate) fn read<'c>(&self, attribute: u32, context: &Context<'c>) -> ContextValue<'c> {
        let Some(row) = self.attributes.get(attribute as usize) else { return ContextValue::Missing };
        let value = context.find(row.id, self.operands.text(row.name));
        if row.closed.is_empty() {
            return value;
        }
        match value {
            ContextValue::Text(text) if self.operands.has(row.closed, text) => value,
            _ => ContextValue::Missing,
        }
    }
}

impl Step {
    #[inline]
    fn exit(&self, hit: bool) -> Jump {
        if hit { self.yes } else { self.no }
    }

    /// Where to go on from a value of another sort, or none.
    #[inline]
    fn exit_without(&self, mark: Mark, context: &Context<'_>) -> Jump {
        if mark.sort == Sort::Missing && context.is_borrowed() { self.unknown } else { Jump::LOOK }
    }

    #[inline]
    fn is_in_range(&self, place: u64) -> bool {
        place.wrapping_sub(self.low) <= self.span
    }
}

impl Operands {
    /// Whether a place is among those of a step.
    #[inline]
    fn is_one_of(&self, step: &Step, place: u64) -> bool {
        let places = self.places.get(step.low as usize..step.span as usize);
        places.unwrap_or_default().contains(&place)
    }

    /// Whether the targeting key may be on a list: of most that are not, their hash says so.
    #[inline]
    pub(crate) fn may_list_key(&self, list: u32, context: &Context<'_>) -> bool {
        let list = self.lists.get(list as usize);
        list.is_some_and(|list| list.may_hold(context.hash(), context.bits()))
    }

    /// Whether the targeting key is on a list.
    #[inline]
    fn lists_key(&self, list: u32, context: &Context<'_>) -> bool {
        let key = context.targeting_key().unwrap_or_default();
        let list = self.lists.get(list as usize);
        list.is_some_and(|list| list.holds(context.hash(), context.bits(), key))
    }

    /// Whether a test holds of the targeting key, which is the empty text where there is none.
    fn key_holds(&self, test: Test, key: &str, hash: Unit) -> bool {
        match test {
            Test::Present(_) => !key.is_empty(),
            Test::Listed(list) => self.listed(list, hash, key),
            _ => self.text_holds(test, key),
        }
    }

    /// Whether a test holds of an attribute's value; `None` where that counts as missing.
    pub(crate) fn holds(&self, test: Test, value: &ContextValue<'_>) -> Option<bool> {
        Some(match test {
            Test::TextIs(_)
            | Test::TextIn(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::Contains(_) => self.text_holds(test, value.text()?),
            Test::Listed(list) => {
                let text = value.text()?;
                self.listed(list, Unit::of_text(text), text)
            }
            Test::NumberIs(number) => value.as_number()? == self.number(number)?,
            Test::AtLeast(number) => value.as_number()? >= self.number(number)?,
            Test::Above(number) => value.as_number()? > self.number(number)?,
            Test::AtMost(number) => value.as_number()? <= self.number(number)?,
            Test::Below(number) => value.as_number()? < self.number(number)?,
            Test::NumberIn(rows) => {
                let value = value.as_number()?;
                self.numbers.get(rows.range()).unwrap_or_default().contains(&value)
            }
            Test::VersionIs(version) => value.version()? == self.version(version)?,
            Test::VersionAtLeast(version) => value.version()? >= self.version(version)?,
            Test::VersionAbove(version) => value.version()? > self.version(version)?,
            Test::VersionAtMost(version) => value.version()? <= self.version(version)?,
            Test::VersionBelow(version) => value.version()? < self.version(version)?,
            Test::Bool(wanted) => value.bool()? == wanted,
            Test::Since(time) => value.time()? >= *self.times.get(time as usize)?,
            Test::Before(time) => value.time()? < *self.times.get(time as usize)?,
            Test::Within(rows) => {
                let address = value.ip()?;
                self.blocks.get(rows.range()).unwrap_or_default().iter().any(|block| block.holds(address))
            }
            Test::HasAny(rows) => {
                let texts = value.texts()?;
                self.texts(rows).any(|text| texts.contains(text))
            }
            Test::HasAll(rows) => {
                let texts = value.texts()?;
                self.texts(rows).all(|text| texts.contains(text))
            }
            Test::Present(kind) => value.is_of(kind),
            Test::Segment { .. } => return None,
        })
    }

    fn text_holds(&self, test: Test, text: &str) -> bool {
        match test {
            Test::TextIs(wanted) => self.has(Rows { start: wanted, end: wanted + 1 }, text),
            Test::TextIn(rows) => self.has(rows, text),
            Test::StartsWith(rows) => self.texts(rows).any(|part| text.starts_with(part)),
            Test::EndsWith(rows) => self.texts(rows).any(|part| text.ends_with(part)),
            Test::Contains(rows) => self.texts(rows).any(|part| text.contains(part)),
            _ => false,
        }
    }

    fn listed(&self, list: u32, unit: Unit, text: &str) -> bool {
        self.lists.get(list as usize).is_some_and(|list| list.contains(unit, text))
    }
}

//! Counting answers: how often each flag answered which variant, by which rule or for which reason, and to whom.

use std::sync::Arc;

use waterspout::{Answer, Reason, Value};

/// So many users are remembered for each variant: the first.
pub(super) const SAMPLES: usize = 12;

/// What is counted together: the users of one publication of the flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edition {
    pub(super) generation: u64,
    /// Which description of the file the users were made for.
    pub(super) stage: u64,
}

/// The answers of one edition.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) edition: Edition,
    pub(super) users: u64,
    pub(super) anonymous: u64,
    /// In file order.
    pub(super) flags: Vec<FlagTally>,
}

#[derive(Clone, Debug)]
pub(super) struct FlagTally {
    pub(super) key: Box<str>,
    pub(super) slots: Vec<Slot>,
}

/// Answers that were alike.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) variant: Box<str>,
    pub(super) reason: Reason,
    pub(super) rule: Option<RuleSeen>,
    pub(super) count: u64,
    pub(super) samples: Samples,
}

#[derive(Clone, Debug)]
pub(super) struct RuleSeen {
    pub(super) index: usize,
    pub(super) name: Option<Box<str>>,
}

/// The first users who got something, each once, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples(Vec<Sample>);

#[derive(Clone, Debug)]
struct Sample {
    number: u64,
    /// None for an anonymous user.
    key: Option<Arc<str>>,
}

impl Samples {
    /// Remembers a user, if it is one of the first. Most are not, and cost nothing.
    #[inline]
    fn see(&mut self, number: u64, key: Option<&str>) {
        let wanted = self.0.len() < SAMPLES || self.0.last().is_some_and(|last| number < last.number);
        if wanted && !self.0.iter().any(|known| known.key.as_deref() == key && known.number <= number) {
            self.remember(Sample { number, key: key.map(Arc::from) });
        }
    }

    fn remember(&mut self, sample: Sample) {
        self.0.retain(|known| known.key != sample.key || known.number <= sample.number);
        if self.0.iter().any(|known| known.key == sample.key) {
            return;
        }
        let place = self.0.partition_point(|known| known.number < sample.number);
        self.0.insert(place, sample);
        self.0.truncate(SAMPLES);
    }

    pub(super) fn add(&mut self, others: &Samples) {
        others.0.iter().for_each(|sample| self.remember(sample.clone()));
    }

    /// The targeting keys; none for an anonymous user.
    pub(super) fn keys(&self) -> impl Iterator<Item = Option<&str>> {
        self.0.iter().map(|sample| sample.key.as_deref())
    }
}

impl Tally {
    pub(super) fn new(edition: Edition) -> Tally {
        Tally { edition, ..Tally::default() }
    }

    /// Counts all flags' answers for one user, in file order. Returns how many there were.
    #[inline]
    pub(super) fn count<'v>(
        &mut self,
        number: u64,
        key: Option<&str>,
        answers: impl Iterator<Item = Answer<'v, Value<'v>>>,
    ) -> u64 {
        let mut checks = 0;
        for (place, answer) in answers.enumerate() {
            checks += 1;
            if self.flags.len() <= place {
                self.flags.push(FlagTally { key: answer.key.into(), slots: Vec::new() });
            }
            let slot = self.flags[place].slot(&answer);
            slot.count += 1;
            slot.samples.see(number, key);
        }
        self.users += 1;
        checks
    }

    /// Adds another part of the same edition.
    pub(super) fn add(&mut self, other: &Tally) {
        self.users += other.users;
        self.anonymous += other.anonymous;
        for (place, flag) in other.flags.iter().enumerate() {
            match self.flags.get_mut(place) {
                Some(own) => own.add(flag),
                None => self.flags.push(flag.clone()),
            }
        }
    }
}

impl FlagTally {
    #[inline]
    fn slot(&mut self, answer: &Answer<'_, Value<'_>>) -> &mut Slot {
        let rule = answer.rule.map(|rule| rule.index);
        let variant = answer.variant.unwrap_or_default();
        let alike = |slot: &Slot| {
            slot.reason == answer.reason
                && slot.rule.as_ref().map(|rule| rule.index) == rule
                && *slot.variant == *variant
        };
        let place = self.slots.iter().position(alike).unwrap_or_else(|| {
            let rule =
                answer.rule.map(|rule| RuleSeen { index: rule.index, name: rule.name.map(Into::into) });
            let (variant, reason) = (variant.into(), answer.reason);
            self.slots.push(Slot { variant, reason, rule, count: 0, samples: Samples::default() });
            self.slots.len() - 1
        });
        &mut self.slots[place]
    }

    fn add(&mut self, other: &FlagTally) {
        for slot in &other.slots {
            let index = |slot: &Slot| slot.rule.as_ref().map(|rule| rule.index);
            let alike = |own: &&mut Slot| {
                own.reason == slot.reason && index(own) == index(slot) && own.variant == slot.variant
            };
            match self.slots.iter_mut().find(alike) {
                Some(own) => {
                    own.count += slot.count;
                    own.samples.add(&slot.samples);
                }
                None => self.slots.push(slot.clone()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_users_are_remembered_once_whoever_met_them() {
        let seen = |users: &[(u64, Option<&str>)]| {
            let mut samples = Samples::default();
            users.iter().for_each(|(number, key)| samples.see(*number, *key));
            samples
        };
        let mut samples = seen(&[(4, Some("ada")), (5, None), (6, None), (8, Some("ada"))]);
        samples.add(&seen(&[(1, Some("bob")), (2, Some("ada")), (7, None), (9, Some("cyd"))]));
        assert_eq!(samples.keys().collect::<Vec<_>>(), [Some("bob"), Some("ada"), None, Some("cyd")]);

        let names: Vec<String> = (0..100).map(|number| format!("user-{number}")).collect();
        let many: Vec<_> =
            names.iter().enumerate().map(|(number, name)| (number as u64, Some(&**name))).collect();
        assert_eq!(seen(&many).keys().count(), SAMPLES);
    }
}

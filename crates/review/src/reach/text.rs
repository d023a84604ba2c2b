//! Texts that stand for all texts, as far as a set of tests and lists can tell them apart.

use std::collections::BTreeSet;

use waterspout::flag_set::{Predicate, TextTest};

/// What tests compare a text with.
#[derive(Default)]
pub(super) struct Operands<'s> {
    /// Texts that are compared as a whole.
    whole: BTreeSet<&'s str>,
    starts: BTreeSet<&'s str>,
    ends: BTreeSet<&'s str>,
    parts: BTreeSet<&'s str>,
}

impl<'s> Operands<'s> {
    pub(super) fn add(&mut self, predicate: &'s Predicate) {
        let Predicate::Text(test) = predicate else { return };
        let (texts, into) = match test {
            TextTest::Is(text) | TextTest::IsNot(text) => return self.add_whole(text),
            TextTest::In(texts) | TextTest::NotIn(texts) => return self.whole.extend(texts.iter()),
            TextTest::StartsWith(texts) => (texts, &mut self.starts),
            TextTest::EndsWith(texts) => (texts, &mut self.ends),
            TextTest::Contains(texts) => (texts, &mut self.parts),
            _ => return,
        };
        into.extend(texts.iter().map(|text| &**text));
    }

    pub(super) fn add_whole(&mut self, text: &'s str) {
        self.whole.insert(text);
    }

    /// A text for each way in which the tests can turn out; `None` if these are more than `most`.
    ///
    /// Any text that is not compared as a whole behaves as one that is put together: of the longest start that it has, the
    /// longest end, and all the parts that it contains, with something strange in between.
    pub(super) fn texts(&self, most: usize) -> Option<Vec<Box<str>>> {
        let parts: Vec<&str> = self.parts.iter().copied().collect();
        let choices = 1_usize.checked_shl(u32::try_from(parts.len()).ok()?).filter(|count| *count <= most)?;
        let count = choices.checked_mul(self.starts.len() + 1)?.checked_mul(self.ends.len() + 1)?;
        if count.checked_add(self.whole.len())? > most {
            return None;
        }
        let gap = self.strange();
        let mut texts: Vec<Box<str>> = self.whole.iter().map(|text| Box::from(*text)).collect();
        // Told apart from all others: it is no unit.
        texts.push("".into());
        for start in std::iter::once("").chain(self.starts.iter().copied()) {
            for end in std::iter::once("").chain(self.ends.iter().copied()) {
                for choice in 0..choices {
                    let mut text = format!("{start}{gap}");
                    for (_, part) in parts.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1) {
                        text.push_str(part);
                        text.push(gap);
                    }
                    text.push_str(end);
                    texts.push(text.into());
                }
            }
        }
        Some(texts)
    }

    /// A character that no operand has: a plain one if there is one.
    fn strange(&self) -> char {
        let all = [&self.whole, &self.starts, &self.ends, &self.parts];
        let is_free =
            |candidate: &char| all.iter().all(|texts| texts.iter().all(|it| !it.contains(*candidate)));
        let plain = "xzqjkvwyuo~-_*#+=^%$!?".chars();
        plain.chain('\u{e000}'..='\u{f8ff}').find(is_free).unwrap_or('\u{10fffd}')
    }
}

//! The answer difference: whose answer an edit changes, exactly, without asking for anybody.
//!
//! Two flags are lowered to decision lists over the same regions (`dimension`, `lower`, `form`), walked until they are
//! alike whatever follows (`walk`), and what is left are cells: conditions under which a share of the bucket line gains,
//! loses or switches. Each change is shown by a context that the library confirms (`witness`).

mod dimension;
mod edit;
mod form;
pub(crate) mod json;
mod listings;
mod lower;
pub(crate) mod markdown;
#[cfg(test)]
mod proof;
mod regions_of_addresses;
mod regions_of_order;
mod regions_of_texts;
mod ruler;
mod same;
mod sample;
mod share;
pub(crate) mod text;
pub(crate) mod told;
mod walk;
mod witness;
mod words;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use waterspout::Time;
use waterspout::flag_set::{
    Condition, FlagDefinition, FlagSet, Predicate, Rule, SegmentBody, Subject as Tested,
};

use dimension::{Ask, Subject, What};
use listings::Listings;
use lower::Pair;
use ruler::Ruler;
use same::Same;
use walk::{Found, Walk};
use witness::Finder;

pub use edit::{Edit, RuleRow, Touched};
pub use share::Share;
pub use walk::Kind;
pub use witness::Witness;

/// How far to look.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time of the review. What the files say of `now` is compared from here on.
    pub now: Time,
    /// The most cells that are looked at for one flag. Beyond, its shares are an estimate and labelled so.
    pub cells: usize,
}

impl Options {
    /// The limit of cells where nobody asks for another.
    pub const CELLS: usize = 100_000;

    /// At a time, with the usual limit.
    #[must_use]
    pub fn at(now: Time) -> Options {
        Options { now, cells: Options::CELLS }
    }
}

/// What became of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Somebody's answer changes.
    Changed,
    /// It is written differently, and nobody's answer changes.
    SameAnswers,
}

impl Change {
    /// The word of the JSON contract: `same-answers`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
            Change::SameAnswers => "same-answers",
        }
    }
}

/// Contexts to which the same happens, and to how many of them.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What is asked of them, each part for itself; of everyone, nothing.
    pub when: Vec<String>,
    /// From when on, if not now.
    pub from: Option<Time>,
    /// The share of the units that come in.
    pub gained: Share,
    /// The share of the units that drop out.
    pub lost: Share,
    /// The share of the units that get another variant, or another value.
    pub switched: Share,
    /// Where the cell is about those that a file names: what happens to each.
    pub people: Vec<(Kind, Vec<String>)>,
    /// Whether the cell is about those that a file names, and nobody else.
    pub is_named: bool,
    /// Whether a condition pins the cell to values that a file names: a country, a domain, a block of addresses.
    pub is_narrow: bool,
}

impl Cell {
    /// Who they are, and from when on.
    #[must_use]
    pub fn words(&self) -> String {
        self.words_without(&[])
    }

    /// The same, but for some parts that are said elsewhere.
    pub(crate) fn words_without(&self, said: &[String]) -> String {
        let parts: Vec<&str> =
            self.when.iter().filter(|part| !said.contains(part)).map(String::as_str).collect();
        let who = if parts.is_empty() { "everyone".to_owned() } else { parts.join(", ") };
        match self.from {
            Some(from) => format!("from {from} on: {who}"),
            None => who,
        }
    }

    /// A cell in which nothing happens.
    fn unchanged(when: Vec<String>, from: Option<Time>) -> Cell {
        let nobody = Share::ZERO;
        Cell {
            when,
            from,
            gained: nobody,
            lost: nobody,
            switched: nobody,
            people: Vec::new(),
            is_named: false,
            is_narrow: false,
        }
    }

    /// The share to which a kind of change happens.
    #[must_use]
    pub fn share(&self, kind: Kind) -> Share {
        match kind {
            Kind::Lost => self.lost,
            Kind::Switched => self.switched,
            Kind::Gained => self.gained,
        }
    }

    /// The share to which anything happens.
    #[must_use]
    pub fn all(&self) -> Share {
        self.gained.plus(self.lost).plus(self.switched)
    }

    /// Whether nobody's answer changes here.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.gained.is_zero() && self.lost.is_zero() && self.switched.is_zero()
    }
}

/// The other name of a flag that was renamed.
#[derive(Clone, Debug)]
pub struct Renamed {
    /// The other key.
    pub key: String,
    /// Whether everyone has the answer under the new name that they had under the old one.
    pub keeps_answers: bool,
    /// Whether the salt was kept, so that everyone keeps their place.
    pub keeps_salt: bool,
    /// Where the answers under the new key are not those under the old one.
    pub cells: Vec<Cell>,
}

/// What becomes of the answers of one flag.
#[derive(Clone, Debug)]
pub struct FlagDifference {
    /// Its key.
    pub key: String,
    /// What became of it.
    pub change: Change,
    /// Whether nobody who is in drops out or gets something else.
    pub monotone: bool,
    /// Whether all of this is so for sure. If not, it is what was found within the limit.
    pub exact: bool,
    /// Where answers change; and, said explicitly, where a missing value keeps them all.
    pub cells: Vec<Cell>,
    /// Contexts that show it.
    pub witnesses: Vec<Witness>,
    /// What was edited: in the flag, and in what it rests on.
    pub edits: Vec<Edit>,
    /// The edits, in words, by which somebody drops out or gets something else.
    pub broken_by: Vec<String>,
    /// Its rules, before and after.
    pub rules: Vec<RuleRow>,
    /// The flag that it is another name of.
    pub renamed: Option<Renamed>,
    /// The lines that were taken for independent of each other, if there are several.
    pub independent: Vec<String>,
    /// How many cells were looked at.
    pub visited: usize,
}

impl FlagDifference {
    /// Whether somebody's answer changes; a flag that comes or goes changes the answer of all.
    #[must_use]
    pub fn answers_change(&self) -> bool {
        self.change != Change::SameAnswers
    }
}

/// What an edit does to answers.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The flags that are written differently or answer differently, in the order of the file after; then those gone.
    pub flags: Vec<FlagDifference>,
    /// The time of the review.
    pub now: Time,
}

impl Difference {
    /// Compares two flag sets.
    #[must_use]
    pub fn of(base: &FlagSet, head: &FlagSet, options: Options) -> Difference {
        let mut comparison = Comparison::of([base, head], options);
        let gone = base.flags().iter().filter(|flag| head.flag(flag.key()).is_none());
        let keys: Vec<&str> = head.flags().iter().chain(gone).map(FlagDefinition::key).collect();
        let mut flags: Vec<FlagDifference> =
            keys.into_iter().filter_map(|key| comparison.flag(key)).collect();
        comparison.find_renames(&mut flags);
        Difference { flags, now: options.now }
    }

    /// Whether anybody's answer changes.
    #[must_use]
    pub fn answers_change(&self) -> bool {
        self.flags.iter().any(FlagDifference::answers_change)
    }

    /// Whether all of it is exact. Together with no change of answers, this is a certificate.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.flags.iter().all(|flag| flag.exact)
    }
}

/// A change that comes by itself, at an instant that a file names.
#[derive(Clone, Debug)]
pub struct Upcoming {
    /// The flag.
    pub flag: String,
    /// When.
    pub at: Time,
    /// What happens to answers then.
    pub difference: FlagDifference,
}

impl Upcoming {
    /// What a flag set will change by itself, from now until a time, in order.
    #[must_use]
    pub fn of(set: &FlagSet, now: Time, until: Time) -> Vec<Upcoming> {
        let sets = [set, set];
        let mut comparison = Comparison::of(sets, Options::at(now));
        let mut upcoming = Vec::new();
        for flag in set.flags() {
            let mut before = now;
            for at in edges_of(set, flag).into_iter().filter(|edge| *edge > now && *edge <= until) {
                let mut difference = unchanged(flag.key());
                let cells =
                    comparison.between(flag.key(), [Some(flag); 2], [before, at], None, &mut difference);
                before = at;
                if cells.iter().any(|cell| !cell.is_unchanged()) {
                    difference.monotone =
                        cells.iter().all(|cell| cell.lost.is_zero() && cell.switched.is_zero());
                    difference.change = Change::Changed;
                    difference.cells = cells;
                    upcoming.push(Upcoming { flag: flag.key().to_owned(), at, difference });
                }
            }
        }
        upcoming.sort_by_key(|change| change.at);
        upcoming
    }
}

struct Comparison<'s> {
    sets: [&'s FlagSet; 2],
    options: Options,
    listings: OnceCell<Listings<'s>>,
    finder: Finder<'s>,
    same: Same<'s>,
    of_segments: edit::OfSegments,
}

/// How many combinations of values an estimate is made from.
const SAMPLE: usize = 2_000;

/// The most instants ahead that are looked at for one flag.
const MOST_INSTANTS: usize = 64;

/// The most witnesses of one flag.
const MOST_WITNESSES: usize = 8;

/// In how many cells witnesses are looked for.
const LOOKED_AT: usize = 40;

impl<'s> Comparison<'s> {
    fn of(sets: [&'s FlagSet; 2], options: Options) -> Comparison<'s> {
        Comparison {
            sets,
            options,
            listings: OnceCell::new(),
            finder: Finder::new(sets),
            same: Same::of(sets),
            of_segments: edit::OfSegments::new(),
        }
    }

    /// What becomes of a flag; `None` if it is written the same and rests on the same.
    fn flag(&mut self, key: &str) -> Option<FlagDifference> {
        let flags = self.sets.map(|set| set.flag(key));
        if let [Some(before), Some(after)] = flags {
            let same_answers = self.same.answers(before, after);
            match (same_answers, self.same.text(before, after)) {
                (true, true) => return None,
                (true, false) => {
                    let edits = edit::edits(self.sets, &self.same, before, after, &mut self.of_segments);
                    return Some(FlagDifference { edits, ..unchanged(key) });
                }
                _ => {}
            }
            let mut difference = self.compared(key, flags);
            difference.edits = edit::edits(self.sets, &self.same, before, after, &mut self.of_segments);
            difference.broken_by = breaking(&difference);
            let untouched = self.same.text(before, after);
            let silent = difference.change == Change::SameAnswers && untouched && difference.exact;
            return (!silent).then_some(difference);
        }
        Some(self.compared(key, flags))
    }

    fn compared(&mut self, key: &str, flags: [Option<&'s FlagDefinition>; 2]) -> FlagDifference {
        let there = flags.map(|flag| flag.is_some());
        let mut difference = unchanged(key);
        let mut instants = self.instants(flags);
        if instants.len() > MOST_INSTANTS {
            instants.truncate(MOST_INSTANTS);
            difference.exact = false;
        }
        difference.rules = edit::rule_rows(&self.same, flags[0], flags[1]);
        let mut last: Vec<Cell> = Vec::new();
        for (place, at) in instants.iter().enumerate() {
            let later = (place > 0).then_some(*at);
            let cells = self.between(key, flags, [*at; 2], later, &mut difference);
            let same = cells.len() == last.len() && cells.iter().zip(&last).all(|(one, two)| alike(one, two));
            if !same && later.is_some() && cells.iter().all(Cell::is_unchanged) {
                // From here on both files say the same again.
                difference.cells.push(Cell::unchanged(Vec::new(), later));
            } else if !same {
                difference.cells.extend(cells.clone());
            }
            last = cells;
        }
        let changed = difference.cells.iter().any(|cell| !cell.is_unchanged());
        difference.monotone =
            difference.cells.iter().all(|cell| cell.lost.is_zero() && cell.switched.is_zero());
        difference.change = match there {
            [false, _] => Change::Added,
            [_, false] => Change::Removed,
            _ if changed => Change::Changed,
            // What was not looked at to the end may change.
            _ if !difference.exact => Change::Changed,
            _ => Change::SameAnswers,
        };
        if !changed {
            difference.cells.clear();
        }
        if difference.witnesses.is_empty() && there != [true, true] {
            difference.witnesses.extend(self.anybody(key, flags));
        }
        difference
    }

    /// Finds the flags that went under one key and came under another: of one salt, or written the same.
    fn find_renames(&mut self, differences: &mut [FlagDifference]) {
        let keys = |change: Change| {
            let of = differences.iter().filter(|difference| difference.change == change);
            of.map(|difference| difference.key.clone()).collect::<Vec<_>>()
        };
        let (gone, new) = (keys(Change::Removed), keys(Change::Added));
        let mut taken: Vec<&String> = Vec::new();
        for gone in &gone {
            let Some(before) = self.sets[0].flag(gone) else { continue };
            let mut candidates: Vec<(&String, bool)> = Vec::new();
            for new in new.iter().filter(|new| !taken.contains(new)) {
                let Some(after) = self.sets[1].flag(new) else { continue };
                let keeps_salt = before.salt() == after.salt();
                if keeps_salt || (self.same.body(before, after) && !before.rules().is_empty()) {
                    candidates.push((new, keeps_salt));
                }
            }
            candidates.sort_by_key(|(_, keeps_salt)| !keeps_salt);
            let Some((new, keeps_salt)) = candidates.first().copied() else { continue };
            taken.push(new);
            let Some(after) = self.sets[1].flag(new) else { continue };
            let compared = self.compared(new, [Some(before), Some(after)]);
            let keeps_answers = compared.exact && compared.cells.iter().all(Cell::is_unchanged);
            for difference in differences.iter_mut() {
                let other = match &difference.key {
                    key if key == gone => new,
                    key if key == new => gone,
                    _ => continue,
                };
                difference.renamed = Some(Renamed {
                    key: other.clone(),
                    keeps_answers,
                    keeps_salt,
                    cells: compared.cells.clone(),
                });
            }
        }
    }

    /// The instants at which a flag may change by itself, from now on; now first.
    fn instants(&self, flags: [Option<&'s FlagDefinition>; 2]) -> Vec<Time> {
        let mut edges = BTreeSet::new();
        for (set, flag) in self.sets.into_iter().zip(flags) {
            if let Some(flag) = flag {
                edges.extend(edges_of(set, flag));
            }
        }
        let now = self.options.now;
        std::iter::once(now).chain(edges.into_iter().filter(|edge| *edge > now)).collect()
    }

    /// The cells between two instants, which are one but for what changes by itself. Witnesses and limits go into the
    /// difference.
    fn between(
        &mut self,
        key: &str,
        flags: [Option<&'s FlagDefinition>; 2],
        times: [Time; 2],
        later: Option<Time>,
        difference: &mut FlagDifference,
    ) -> Vec<Cell> {
        let sets = self.sets;
        let listings = self.listings.get_or_init(|| Listings::of(sets));
        let Ok(mut pair) = Pair::of(sets, flags, times, listings) else {
            difference.exact = false;
            return Vec::new();
        };
        difference.exact &= pair.complete;
        let ruler = Ruler::of(&pair.lines, times[1]);
        let (mut found, visited, ended) = Walk::all(&mut pair, &ruler, self.options.cells);
        difference.visited += visited;
        difference.exact &= ended.is_ok();
        difference.exact &= found.iter().all(|found| found.shares.iter().all(|share| share.is_exact()));
        let estimated = ended.is_err().then(|| Walk::sample(&mut pair, &ruler, SAMPLE, self.options.cells));
        let estimate = estimated.map(|(means, sampled)| {
            found = sampled;
            let [lost, switched, gained] = means;
            let when =
                vec![format!("an estimate from {SAMPLE} combinations of values, drawn with a fixed seed")];
            Cell { gained, lost, switched, ..Cell::unchanged(when, later) }
        });
        // The worst first.
        found.sort_by_key(|found| std::cmp::Reverse(found.shares));
        let mut cells: Vec<Cell> = match &estimate {
            Some(estimate) => vec![estimate.clone()],
            None => found.iter().map(|found| cell(&pair, found, later)).collect(),
        };
        if !found.is_empty() && estimate.is_none() {
            cells.extend(kept_where_missing(&mut pair, &ruler, &found, self.options.cells, later));
            difference.independent = independent(&pair);
        }
        let there = flags.map(|flag| flag.is_some());
        let wanted = if later.is_none() { MOST_WITNESSES } else { 1 };
        // The first of every kind, then one for each other way in which an answer comes about before and after.
        let mut ways: Vec<(Kind, String, String)> = Vec::new();
        for kind in [Kind::Lost, Kind::Switched, Kind::Gained] {
            for found in found.iter().filter(|found| found.pieces[kind as usize].is_some()).take(LOOKED_AT) {
                if ways.len() >= wanted {
                    break;
                }
                let witness = self.finder.find(key, there, &pair, &ruler, listings, (found, kind), times);
                let Some(witness) = witness else { continue };
                let way = (kind, witness.way(&witness.before), witness.way(&witness.after));
                if !ways.contains(&way) {
                    ways.push(way);
                    difference.witnesses.push(Witness { at: later, ..witness });
                }
            }
        }
        cells
    }

    /// For a flag that comes or goes: what anybody gets.
    fn anybody(&mut self, key: &str, flags: [Option<&'s FlagDefinition>; 2]) -> Option<Witness> {
        let sets = self.sets;
        let listings = self.listings.get_or_init(|| Listings::of(sets));
        let pair = Pair::of(sets, flags, [self.options.now; 2], listings).ok()?;
        let there = flags.map(|flag| flag.is_some());
        self.finder.witness(key, there, &pair, listings, &[], [self.options.now; 2])
    }
}

/// The edits by which somebody drops out or gets something else, as the witnesses of that tell.
fn breaking(difference: &FlagDifference) -> Vec<String> {
    if difference.monotone {
        return Vec::new();
    }
    let harmless = [Touched::RolloutRaised, Touched::VariantAdded];
    let mut suspects: Vec<&Edit> = Vec::new();
    for witness in
        difference.witnesses.iter().filter(|witness| witness.kind.is_some_and(|kind| kind != Kind::Gained))
    {
        let said = |answer: &Option<String>| {
            answer.as_deref().and_then(|answer| serde_json::from_str::<serde_json::Value>(answer).ok())
        };
        let (before, after) = (said(&witness.before), said(&witness.after));
        let rule = |answer: &Option<serde_json::Value>| {
            answer.as_ref().and_then(|answer| answer.get("rule")?.as_u64()).map(|rule| rule as usize)
        };
        let reason = after.as_ref().and_then(|after| after.get("reason")?.as_str()).unwrap_or_default();
        let (before, after) = (rule(&before), rule(&after));
        let is_suspect = |edit: &&Edit| match reason {
            "DISABLED" => edit.touched == Touched::Enabled,
            "DENIED" => matches!(
                edit.touched,
                Touched::Deny | Touched::Entries | Touched::SegmentWhen | Touched::Attribute
            ),
            "PREREQUISITE_FAILED" => matches!(edit.touched, Touched::Requires | Touched::Required),
            _ => match edit.touched {
                Touched::Salt
                | Touched::BucketBy
                | Touched::Entries
                | Touched::SegmentWhen
                | Touched::VariantValue => true,
                Touched::RuleOrder | Touched::Attribute => true,
                Touched::Default => after.is_none(),
                _ => {
                    (edit.rule_before.is_some() && edit.rule_before == before)
                        || (edit.rule_after.is_some() && edit.rule_after == after)
                }
            },
        };
        suspects.extend(
            difference.edits.iter().filter(is_suspect).filter(|edit| edit.touched != Touched::VariantAdded),
        );
    }
    if suspects.is_empty() {
        suspects.extend(difference.edits.iter().filter(|edit| !harmless.contains(&edit.touched)));
    }
    let mut words: Vec<String> = suspects.into_iter().map(|edit| edit.words.clone()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn unchanged(key: &str) -> FlagDifference {
    FlagDifference {
        key: key.to_owned(),
        change: Change::SameAnswers,
        monotone: true,
        exact: true,
        cells: Vec::new(),
        witnesses: Vec::new(),
        edits: Vec::new(),
        broken_by: Vec::new(),
        rules: Vec::new(),
        renamed: None,
        independent: Vec::new(),
        visited: 0,
    }
}

fn alike(one: &Cell, two: &Cell) -> bool {
    one.when == two.when && one.gained == two.gained && one.lost == two.lost && one.switched == two.switched
}

fn cell(pair: &Pair<'_>, found: &Found, from: Option<Time>) -> Cell {
    let [lost, switched, gained] = found.shares;
    let kinds = [Kind::Lost, Kind::Switched, Kind::Gained];
    let mut people: Vec<(Kind, Vec<String>)> =
        kinds.into_iter().zip(found.people.clone()).filter(|(_, people)| !people.is_empty()).collect();
    let named = named(pair, found);
    if let (Some(named), true) = (&named, people.is_empty()) {
        // To those that are named and not drawn for, the same happens.
        let whole = kinds.into_iter().zip(found.shares).filter(|(_, share)| *share == Share::ONE);
        people.extend(whole.map(|(kind, _)| (kind, named.clone())));
    }
    let when = words::path(pair, &found.path);
    Cell {
        when,
        from,
        gained,
        lost,
        switched,
        people,
        is_named: named.is_some(),
        is_narrow: is_narrow(pair, found),
    }
}

/// Whether some value that a context has must be one that a file names. Facts, numbers and versions pin nobody.
fn is_narrow(pair: &Pair<'_>, found: &Found) -> bool {
    found.path.iter().any(|(dim, regions)| {
        let Some(dimension) = pair.dimensions.get(*dim as usize) else { return false };
        let pinned = |region: &usize| match dimension.regions.get(*region).map(|region| &region.what) {
            Some(What::Named(_)) => true,
            Some(What::Like { starts, ends, holds }) => {
                starts.is_some() || ends.is_some() || !holds.is_empty()
            }
            Some(What::Words(words)) => words.starts_with("in ") || words.starts_with("with `"),
            _ => false,
        };
        !matches!(dimension.subject, Subject::Fact(_)) && regions.iter().all(pinned)
    })
}

/// Those whom a cell names, if it is about nobody else: keys, or entries of lists.
fn named(pair: &Pair<'_>, found: &Found) -> Option<Vec<String>> {
    const MOST: usize = 100;
    found.path.iter().find_map(|(dim, regions)| {
        let dimension = pair.dimensions.get(*dim as usize)?;
        let listed = dimension.probes.iter().any(|probe| matches!(probe.ask, Ask::Listed(..)));
        if dimension.subject != Subject::Key && !listed {
            return None;
        }
        let mut names = Vec::new();
        for region in regions {
            match &dimension.regions.get(*region)?.what {
                What::Named(members) => names.extend(members.iter().take(MOST).map(str::to_owned)),
                _ => return None,
            }
        }
        Some(names)
    })
}

/// The dimensions whose missing value keeps every answer: said explicitly, since that is asked first.
fn kept_where_missing(
    pair: &mut Pair<'_>,
    ruler: &Ruler,
    found: &[Found],
    limit: usize,
    from: Option<Time>,
) -> Vec<Cell> {
    let mut cells = Vec::new();
    for dim in 0..pair.first_line() {
        let dimension = &pair.dimensions[dim as usize];
        let Some(missing) = dimension.regions.iter().position(|region| matches!(region.what, What::Missing))
        else {
            continue;
        };
        // A cell that holds whether or not there is a value says it already.
        let told = |found: &Found| {
            found
                .path
                .iter()
                .find(|(asked, _)| *asked == dim)
                .is_none_or(|(_, regions)| regions.contains(&missing))
        };
        if found.iter().any(told) {
            continue;
        }
        let when = format!("no {}", words::name(dimension.subject));
        if Walk::is_alike_without(pair, ruler, dim, missing, limit) {
            cells.push(Cell::unchanged(vec![when], from));
        }
    }
    cells
}

/// The lines of a pair in words, where there are several.
fn independent(pair: &Pair<'_>) -> Vec<String> {
    if pair.lines.len() < 2 {
        return Vec::new();
    }
    let line = |line: &lower::Line<'_>| {
        let purpose = match line.purpose {
            lower::Purpose::Rollout => "rollout",
            lower::Purpose::Split => "split",
        };
        let by =
            if line.unit == Subject::Key { String::new() } else { format!(" by {}", words::name(line.unit)) };
        format!("{purpose} of `{}`{by}", line.salt)
    };
    pair.lines.iter().map(line).collect()
}

/// The instants that a flag, and all that it rests on, names.
pub(crate) fn edges_of(set: &FlagSet, flag: &FlagDefinition) -> BTreeSet<Time> {
    fn of_condition(
        set: &FlagSet,
        condition: &Condition,
        seen: &mut BTreeSet<usize>,
        edges: &mut BTreeSet<Time>,
    ) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| of_condition(set, part, seen, edges));
            }
            Condition::Not(part) => of_condition(set, part, seen, edges),
            Condition::Segment(index) if seen.insert(index.get()) => {
                if let Some(SegmentBody::When(when)) =
                    set.segments().get(index.get()).map(|segment| segment.body())
                {
                    of_condition(set, when, seen, edges);
                }
            }
            Condition::Test(test) if test.subject() == Tested::Now => {
                if let Predicate::Since(time) | Predicate::Before(time) = test.predicate() {
                    edges.insert(*time);
                }
            }
            _ => {}
        }
    }
    let (mut seen, mut edges) = (BTreeSet::new(), BTreeSet::new());
    let mut flags = vec![flag];
    let mut met: BTreeSet<&str> = BTreeSet::new();
    while let Some(flag) = flags.pop() {
        if !met.insert(flag.key()) || !flag.is_enabled() {
            continue;
        }
        for condition in flag.deny().iter().chain(flag.rules().iter().filter_map(Rule::when)) {
            of_condition(set, condition, &mut seen, &mut edges);
        }
        flags.extend(flag.requires().iter().filter_map(|required| set.flags().get(required.flag().get())));
    }
    edges
}

//! The walk: two decision lists are taken apart, dimension by dimension, until they are alike whatever follows or
//! nothing but the bucket lines is left. There the shares are read off.

use std::collections::HashSet;

use super::dimension::{Subject, Unit};
use super::form::{Dim, FormId};
use super::lower::{Pair, WHOLE};
use super::ruler::Ruler;
use super::share::Share;

/// What happens to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// From a variant that is not `off`, to `off`.
    Lost,
    /// From one variant to another, neither of them `off`; or to another value.
    Switched,
    /// From `off` to another variant.
    Gained,
}

impl Kind {
    /// The word of reports: `lost`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Lost => "lost",
            Kind::Switched => "switched",
            Kind::Gained => "gained",
        }
    }
}

/// Some of the regions of some dimensions; any value of the others.
pub(crate) type Path = Vec<(Dim, Vec<usize>)>;

/// The largest piece of a cell in which one kind of change happens.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) share: Share,
    /// The regions of the lines.
    pub(crate) lines: Path,
    /// Who it is, where people are named.
    pub(crate) named: Vec<(Dim, String)>,
}

/// Contexts for which the same happens.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: Path,
    /// By kind: lost, switched, gained.
    pub(crate) shares: [Share; 3],
    pub(crate) pieces: [Option<Piece>; 3],
    /// Those of named people to whom each kind happens.
    pub(crate) people: [Vec<String>; 3],
}

/// A share of named people with the same places: what is left to ask, and one of them for each dimension.
type Case = (Share, (FormId, FormId), Vec<(Dim, String)>);

/// The walk went further than it may.
#[derive(Debug)]
pub(crate) struct TooFar;

pub(crate) struct Walk<'w, 's> {
    pair: &'w mut Pair<'s>,
    ruler: &'w Ruler,
    limit: usize,
    visited: usize,
    /// Pairs that were seen to be alike all over.
    alike: HashSet<(FormId, FormId)>,
    found: Vec<Found>,
}

impl<'w, 's> Walk<'w, 's> {
    /// Every cell in which answers change.
    pub(crate) fn all(
        pair: &'w mut Pair<'s>,
        ruler: &'w Ruler,
        limit: usize,
    ) -> (Vec<Found>, usize, Result<(), TooFar>) {
        let sides = pair.sides;
        let mut walk = Walk { pair, ruler, limit, visited: 0, alike: HashSet::new(), found: Vec::new() };
        let ended = walk.descend(sides, &mut Vec::new());
        (walk.found, walk.visited, ended.map(|_| ()))
    }

    /// What happens in so many combinations of values, drawn with a fixed seed: the mean of all, and those in which
    /// something changes. For a pair that is too large to be walked.
    pub(crate) fn sample(
        pair: &'w mut Pair<'s>,
        ruler: &'w Ruler,
        count: usize,
        limit: usize,
    ) -> ([Share; 3], Vec<Found>) {
        let sides = pair.sides;
        let sizes: Vec<usize> = pair.dimensions.iter().map(|dimension| dimension.regions.len()).collect();
        let mut walk = Walk { pair, ruler, limit, visited: 0, alike: HashSet::new(), found: Vec::new() };
        let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
        let mut means = [Share::ZERO; 3];
        for _ in 0..count {
            let mut path: Path = Vec::new();
            let mut left = sides;
            for (dim, size) in sizes.iter().enumerate() {
                // Xorshift: the same draws on every machine.
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let region = ((u128::from(seed) * *size as u128) >> 64) as usize;
                let forms = &mut walk.pair.forms;
                left =
                    (forms.restrict(left.0, dim as Dim, region), forms.restrict(left.1, dim as Dim, region));
                path.push((dim as Dim, vec![region]));
            }
            walk.visited = 0;
            let Ok(found) = walk.measure(left, &path) else { continue };
            for (mean, share) in means.iter_mut().zip(found.shares) {
                *mean = mean.plus(share.times(Share::of(1, count as u128)));
            }
            if found.shares.iter().any(|share| !share.is_zero()) {
                walk.found.push(found);
            }
        }
        (means, walk.found)
    }

    /// Whether no answer changes where a subject is missing.
    pub(crate) fn is_alike_without(
        pair: &'w mut Pair<'s>,
        ruler: &'w Ruler,
        dim: Dim,
        region: usize,
        limit: usize,
    ) -> bool {
        let sides = pair.sides;
        let sides = (pair.forms.restrict(sides.0, dim, region), pair.forms.restrict(sides.1, dim, region));
        let mut walk = Walk { pair, ruler, limit, visited: 0, alike: HashSet::new(), found: Vec::new() };
        let path = vec![(dim, vec![region])];
        walk.descend(sides, &mut path.clone()).is_ok() && walk.found.is_empty()
    }

    /// Whether anything changed here.
    fn descend(&mut self, sides: (FormId, FormId), path: &mut Path) -> Result<bool, TooFar> {
        let sides = self.without_what_is_alike(sides);
        if sides.0 == sides.1 || self.alike.contains(&sides) {
            return Ok(false);
        }
        self.visited += 1;
        if self.visited > self.limit {
            return Err(TooFar);
        }
        let Some(dim) = self.next(sides) else {
            let found = self.measure(sides, path)?;
            let changed = found.shares.iter().any(|share| !share.is_zero());
            if changed {
                self.found.push(found);
            }
            return Ok(changed);
        };
        let mut changed = false;
        for (regions, sides) in self.branches(sides, dim) {
            path.push((dim, regions));
            let branch = self.descend(sides, path);
            path.pop();
            changed |= branch?;
        }
        // Where the path names people, what a cell comes to depends on who they are, and is not remembered for others.
        if !changed && self.people(sides, path).is_empty() {
            self.alike.insert(sides);
        }
        Ok(changed)
    }

    fn lines(&self, sides: (FormId, FormId)) -> u128 {
        let support = self.pair.forms.support(sides.0) | self.pair.forms.support(sides.1);
        support >> self.pair.first_line() << self.pair.first_line()
    }

    fn without_what_is_alike(&mut self, mut sides: (FormId, FormId)) -> (FormId, FormId) {
        for dim in bits(self.lines(sides)) {
            if sides.0 == sides.1 {
                break;
            }
            sides = self.pair.forms.differences(sides, dim);
        }
        sides
    }

    /// The values of a dimension, those together that leave the same.
    fn branches(&mut self, sides: (FormId, FormId), dim: Dim) -> Vec<(Vec<usize>, (FormId, FormId))> {
        let size = match self.pair.dimensions.get(dim as usize) {
            Some(dimension) => dimension.regions.len(),
            None => self.pair.lines[dim as usize - self.pair.dimensions.len()].cuts.len() - 1,
        };
        let mut branches: Vec<(Vec<usize>, (FormId, FormId))> = Vec::new();
        for region in 0..size {
            let forms = &mut self.pair.forms;
            let left = (forms.restrict(sides.0, dim, region), forms.restrict(sides.1, dim, region));
            match branches
                .iter_mut()
                .find(|(_, known)| *known == left || (known.0 == known.1 && left.0 == left.1))
            {
                Some((regions, _)) => regions.push(region),
                None => branches.push((vec![region], left)),
            }
        }
        branches
    }

    /// The dimension to look at next: the one that leaves the least to look at. None if only lines are left.
    fn next(&mut self, sides: (FormId, FormId)) -> Option<Dim> {
        const AT_ONCE: usize = 256;
        let first_line = self.pair.first_line();
        let support = self.pair.forms.support(sides.0) | self.pair.forms.support(sides.1);
        let mut open = support & !(u128::MAX.checked_shl(u32::from(first_line)).unwrap_or(0));
        let size = |walk: &Self, dim: Dim| walk.pair.dimensions[dim as usize].regions.len();
        if bits(open).map(|dim| size(self, dim)).sum::<usize>() > AT_ONCE {
            let near = self.pair.forms.first_difference(sides.0, sides.1) & open;
            open = if near == 0 { open } else { near };
        }
        let mut best: Option<(usize, Dim)> = None;
        let several = open.count_ones() > 1;
        for dim in bits(open) {
            if !several {
                return Some(dim);
            }
            let branches = self.branches(sides, dim);
            let lengths = branches.into_iter().map(|(_, left)| {
                let left = self.without_what_is_alike(left);
                if left.0 == left.1 {
                    0
                } else {
                    1 + self.pair.forms.length(left.0) + self.pair.forms.length(left.1)
                }
            });
            let score: usize = lengths.sum();
            if best.is_none_or(|(least, _)| score < least) {
                best = Some((score, dim));
            }
        }
        best.map(|(_, dim)| dim)
    }

    /// The shares of a cell in which only lines are left.
    fn measure(&mut self, sides: (FormId, FormId), path: &Path) -> Result<Found, TooFar> {
        let mut found = Found {
            path: path.clone(),
            shares: [Share::ZERO; 3],
            pieces: [None, None, None],
            people: [Vec::new(), Vec::new(), Vec::new()],
        };
        let people = self.people(sides, path);
        if people.is_empty() {
            self.measure_lines(sides, Share::ONE, &mut Vec::new(), &[], &mut found)?;
        } else {
            self.measure_people(sides, &people, &mut found)?;
        }
        Ok(found)
    }

    /// The units that are told one by one, where the lines left draw for nobody else.
    fn people(&self, sides: (FormId, FormId), path: &Path) -> Vec<(Dim, Vec<String>)> {
        let lines = self.lines(sides);
        let mut people = Vec::new();
        for (dim, dimension) in self.pair.dimensions.iter().enumerate() {
            if !bits(lines).any(|line| self.unit_of(line) == dimension.subject) {
                continue;
            }
            let asked = path.iter().find(|(asked, _)| *asked as usize == dim).map(|(_, regions)| regions);
            let chosen = || {
                let all = dimension.regions.iter().enumerate();
                all.filter(|(place, _)| asked.is_none_or(|asked| asked.contains(place)))
                    .map(|(_, region)| region)
            };
            if chosen().any(|region| region.unit == Unit::Many) {
                continue;
            }
            let named: Vec<String> = chosen()
                .filter(|region| region.unit == Unit::Named)
                .flat_map(|region| super::witness::units(dimension, region))
                .collect();
            if !named.is_empty() {
                people.push((dim as Dim, named));
            }
        }
        people
    }

    fn unit_of(&self, line: Dim) -> Subject<'s> {
        self.pair.lines[(line - self.pair.first_line()) as usize].unit
    }

    fn measure_people(
        &mut self,
        sides: (FormId, FormId),
        people: &[(Dim, Vec<String>)],
        found: &mut Found,
    ) -> Result<(), TooFar> {
        // Each has a place of their own on each line; those with the same places are counted together.
        let mut cases: Vec<Case> = vec![(Share::ONE, sides, Vec::new())];
        for (dim, names) in people {
            let subject = self.pair.dimensions[*dim as usize].subject;
            let one = Share::of(1, names.len() as u128);
            let mut next: Vec<Case> = Vec::new();
            for (share, sides, who) in &cases {
                let lines: Vec<Dim> =
                    bits(self.lines(*sides)).filter(|line| self.unit_of(*line) == subject).collect();
                let mut known: std::collections::HashMap<Vec<usize>, usize> =
                    std::collections::HashMap::new();
                let single = people.len() == 1;
                for name in names {
                    let places: Vec<usize> = lines
                        .iter()
                        .map(|line| self.ruler.place((line - self.pair.first_line()) as usize, name))
                        .collect();
                    let forms = &mut self.pair.forms;
                    let mut left = *sides;
                    for (line, place) in lines.iter().zip(&places) {
                        left = (forms.restrict(left.0, *line, *place), forms.restrict(left.1, *line, *place));
                    }
                    if single && left.0 != left.1 {
                        self.tell_of(left, name, found);
                    }
                    match known.get(&places).copied() {
                        Some(index) => next[index].0 = next[index].0.plus(share.times(one)),
                        None => {
                            let mut who = who.clone();
                            who.push((*dim, name.clone()));
                            known.insert(places, next.len());
                            next.push((share.times(one), left, who));
                        }
                    }
                }
            }
            if next.len() > self.limit {
                return Err(TooFar);
            }
            cases = next;
        }
        for (share, sides, who) in cases {
            self.measure_lines(sides, share, &mut Vec::new(), &who, found)?;
        }
        Ok(())
    }

    /// Remembers whom a change happens to, if it surely does.
    fn tell_of(&self, sides: (FormId, FormId), name: &str, found: &mut Found) {
        const MOST: usize = 100;
        if let Some(kind) = self.kind(sides) {
            let people = &mut found.people[kind as usize];
            if people.len() < MOST {
                people.push(name.to_owned());
            }
        }
    }

    /// What happens where both sides give one answer each; `None` if nothing does, or more is to be asked.
    fn kind(&self, sides: (FormId, FormId)) -> Option<Kind> {
        if sides.0 == sides.1 {
            return None;
        }
        let (before, after) = (self.pair.forms.constant(sides.0)?, self.pair.forms.constant(sides.1)?);
        Some(match (before == self.pair.off.0, after == self.pair.off.1) {
            (true, false) => Kind::Gained,
            (false, true) => Kind::Lost,
            _ => Kind::Switched,
        })
    }

    fn measure_lines(
        &mut self,
        sides: (FormId, FormId),
        share: Share,
        lines: &mut Path,
        named: &[(Dim, String)],
        found: &mut Found,
    ) -> Result<(), TooFar> {
        if sides.0 == sides.1 || share.is_zero() {
            return Ok(());
        }
        if let Some(kind) = self.kind(sides) {
            let place = kind as usize;
            found.shares[place] = found.shares[place].plus(share);
            if found.pieces[place].as_ref().is_none_or(|known| known.share < share) {
                found.pieces[place] = Some(Piece { share, lines: lines.clone(), named: named.to_vec() });
            }
            return Ok(());
        }
        self.visited += 1;
        if self.visited > self.limit {
            return Err(TooFar);
        }
        let Some(dim) = bits(self.lines(sides)).next() else { return Ok(()) };
        for (regions, left) in self.branches(sides, dim) {
            let cuts = &self.pair.lines[(dim - self.pair.first_line()) as usize].cuts;
            let length: u32 = regions.iter().map(|region| cuts[region + 1] - cuts[*region]).sum();
            let part = share.times(Share::of(u128::from(length), u128::from(WHOLE)));
            lines.push((dim, regions));
            let ended = self.measure_lines(left, part, lines, named, found);
            lines.pop();
            ended?;
        }
        Ok(())
    }
}

/// The places of the bits that are set, ascending.
pub(crate) fn bits(mut set: u128) -> impl Iterator<Item = Dim> {
    std::iter::from_fn(move || {
        let lowest = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (lowest < 128).then_some(lowest as Dim)
    })
}

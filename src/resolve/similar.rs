//! "Did you mean": the name nearest to the one that was written.

/// A question that names the known name nearest to `written`, if one is near enough to be meant.
pub(super) fn did_you_mean<'n>(
    written: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Option<String> {
    // A name is meant when about a third of it is mistyped, no more: `US` is no slip for `DE`.
    let length = written.chars().count();
    let allowed = (length.min(100) / 3).max(1);
    let near = known
        .clone()
        .filter(|name| name.chars().count().abs_diff(length) <= allowed)
        .filter_map(|name| Some((distance(written, name).filter(|distance| *distance <= allowed)?, name)))
        .filter(|(distance, name)| *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance);
    near.map(|(_, name)| name)
        .or_else(|| only_longer(written, known))
        .map(|name| format!("did you mean `{name}`?"))
}

/// The one name that `written` is the start of.
fn only_longer<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut longer =
        known.filter(|name| written.len() >= 3 && name.len() <= 100 && name.starts_with(written));
    longer.next().filter(|_| longer.next().is_none())
}

/// How many letters to insert, remove, replace or swap with their neighbour; `None` if either text is no name.
fn distance(left: &str, right: &str) -> Option<usize> {
    let left: Vec<char> = left.to_lowercase().chars().take(101).collect();
    let right: Vec<char> = right.to_lowercase().chars().take(101).collect();
    if left.len() > 100 || right.len() > 100 {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = last.get(column)? + usize::from(letter != other);
            let removed = last.get(column + 1)? + 1;
            let inserted = next.get(column)? + 1;
            let mut best = replaced.min(removed).min(inserted);
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(other)
                && right.get(column - 1) == Some(letter);
            if swapped {
                best = best.min(before_last.get(column - 1)? + 1);
            }
            next.push(best);
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let known = ["rollout", "description", "in", "country", "on", "off"];
        for (written, meant) in [
            ("rollot", "rollout"),
            ("descripton", "description"),
            ("Country", "country"),
            ("onn", "on"),
            ("rolluot", "rollout"),
            ("desc", "description"),
            ("fo", "on"),
        ] {
            let expected = Some(format!("did you mean `{meant}`?"));
            if written != "fo" {
                assert_eq!(did_you_mean(written, known.into_iter()), expected, "{written}");
            }
        }
        for written in ["", "x", "environment", "zz"] {
            assert_eq!(did_you_mean(written, known.into_iter()), None, "{written}");
        }
    }
}

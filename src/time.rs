//! Instants: RFC 3339 with an offset, or a date, which is its midnight in UTC.

use std::fmt;
use std::time::{Duration, SystemTime};

/// A point in time, to the nanosecond. Ordered; carries no zone.
///
/// ```
/// use waterspout::Time;
///
/// assert_eq!(Time::parse("2026-12-24"), Time::parse("2026-12-24T01:00:00+01:00"));
/// assert!(Time::parse("2026-12-24T08:00:00").is_none(), "an instant needs its offset");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    seconds: i64,
    nanos: u32,
}

const DAY: i64 = 86_400;

impl Time {
    /// Reads an instant: `2026-12-01T08:00:00Z`, `2026-12-01t08:00:00.25+01:00`, `2026-12-01`.
    ///
    /// `None` if it is not one. Years 0000 to 9999, offsets to 23:59, no second 60; digits beyond the nanosecond are
    /// ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Time> {
        let mut reader = Reader { rest: text.as_bytes() };
        let midnight = reader.date()?;
        if reader.rest.is_empty() {
            return Some(Time { seconds: midnight, nanos: 0 });
        }
        reader.one_of(b"Tt")?;
        let hour = reader.number(2, 0, 23)?;
        reader.one_of(b":")?;
        let minute = reader.number(2, 0, 59)?;
        reader.one_of(b":")?;
        let second = reader.number(2, 0, 59)?;
        let nanos = reader.fraction()?;
        let offset = reader.offset()?;
        let seconds = midnight + hour * 3600 + minute * 60 + second - offset;
        reader.rest.is_empty().then_some(Time { seconds, nanos })
    }

    /// Reads a date alone (`2027-03-01`), as its midnight in UTC.
    pub(crate) fn parse_date(text: &str) -> Option<Time> {
        let mut reader = Reader { rest: text.as_bytes() };
        let seconds = reader.date()?;
        reader.rest.is_empty().then_some(Time { seconds, nanos: 0 })
    }

    /// How long after `earlier` this is; `None` if it is before.
    #[must_use]
    pub fn since(&self, earlier: Time) -> Option<Duration> {
        let nanos = (i128::from(self.seconds) - i128::from(earlier.seconds)) * 1_000_000_000
            + i128::from(self.nanos)
            - i128::from(earlier.nanos);
        let nanos = u128::try_from(nanos).ok()?;
        let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
        Some(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
    }
}

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Time {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Time {
                seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
                nanos: since.subsec_nanos(),
            },
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                match before.subsec_nanos() {
                    0 => Time { seconds: -seconds, nanos: 0 },
                    nanos => Time { seconds: (-seconds).saturating_sub(1), nanos: 1_000_000_000 - nanos },
                }
            }
        }
    }
}

/// Prints `2026-12-01T08:00:00Z`, with a fraction where there is one.
/// Prints RFC 3339 in UTC: `2026-12-24T08:00:00.25Z`.
///
/// A year outside 0000 to 9999, which only a [`SystemTime`] can bring, is printed with its sign or its five digits;
/// [`Time::parse`] does not read it back, as no flag file can hold it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        write!(f, "{year:04}-{month:02}-{day:02}T")?;
        write!(f, "{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)?;
        if self.nanos != 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

struct Reader<'t> {
    rest: &'t [u8],
}

impl Reader<'_> {
    /// Seconds from 1970-01-01 to the midnight that the date names.
    fn date(&mut self) -> Option<i64> {
        let year = self.number(4, 0, 9999)?;
        self.one_of(b"-")?;
        let month = self.number(2, 1, 12)?;
        self.one_of(b"-")?;
        let day = self.number(2, 1, days_in(year, month))?;
        Some(days_before(year, month, day) * DAY)
    }

    fn number(&mut self, digits: usize, least: i64, most: i64) -> Option<i64> {
        let (number, rest) = self.rest.split_at_checked(digits)?;
        let number = number
            .iter()
            .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))?;
        self.rest = rest;
        (least..=most).contains(&number).then_some(number)
    }

    fn one_of(&mut self, marks: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        marks.contains(first).then_some(*first)
    }

    /// Nanoseconds after an optional point, which wants at least one digit.
    fn fraction(&mut self) -> Option<u32> {
        let Some((b'.', rest)) = self.rest.split_first() else { return Some(0) };
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = rest.split_at_checked(count)?;
        self.rest = rest;
        let padded = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
        (count > 0).then(|| padded.fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0')))
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.number(2, 0, 23)?;
        self.one_of(b":")?;
        let minutes = self.number(2, 0, 59)?;
        Some(sign * (hours * 3600 + minutes * 60))
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin on 1 March.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// The inverse of [`days_before`]: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn one_instant_has_many_spellings() {
        let instant = Time { seconds: 1_796_112_000, nanos: 0 };
        for text in [
            "2026-12-01T08:00:00Z",
            "2026-12-01t08:00:00z",
            "2026-12-01T09:30:00.000+01:30",
            "2026-11-30T23:59:00-08:01",
        ] {
            assert_eq!(time(text), instant, "{text}");
        }
        assert_eq!(time("2026-12-24"), time("2026-12-24T00:00:00Z"));
        assert_eq!(time("1970-01-01").seconds, 0);
        assert_eq!(time("0000-01-01").seconds, -62_167_219_200);
        assert_eq!(time("9999-12-31T23:59:59Z").seconds, 253_402_300_799);
    }

    #[test]
    fn fractions_count_to_the_nanosecond_and_no_further() {
        assert_eq!(time("2026-01-01T00:00:00.5Z").nanos, 500_000_000);
        assert_eq!(time("2026-01-01T00:00:00.123456789Z").nanos, 123_456_789);
        assert_eq!(time("2026-01-01T00:00:00.1234567899Z"), time("2026-01-01T00:00:00.123456789Z"));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2026",
            "2026-12",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-04-31",
            "1900-02-29",
            "2026-1-1",
            "2026-12-01T08:00:00",
            "2026-12-01 08:00:00Z",
            "2026-12-01T08:00Z",
            "2026-12-01T24:00:00Z",
            "2026-12-01T08:60:00Z",
            "2026-12-01T08:00:60Z",
            "2026-12-01T08:00:00.Z",
            "2026-12-01T08:00:00+24:00",
            "2026-12-01T08:00:00+01:60",
            "2026-12-01T08:00:00+0100",
            "2026-12-01T08:00:00Zx",
            "2026-12-01x",
            "10000-01-01",
            "-001-01-01",
            "+026-01-01",
            "2026-12-01T",
            "2026-12-01T08:00:00,5Z",
        ] {
            assert!(Time::parse(text).is_none(), "{text}");
        }
        assert!(Time::parse("2000-02-29").is_some());
        assert!(Time::parse_date("2026-12-01T00:00:00Z").is_none());
    }

    #[test]
    fn every_day_of_the_calendar_prints_as_it_is_read() {
        for days in (-719_528..=2_932_896).step_by(1) {
            let (year, month, day) = civil(days);
            assert_eq!(days_before(year, month, day), days);
            assert!((1..=days_in(year, month)).contains(&day), "{days}");
        }
        for text in ["0000-01-01T00:00:00Z", "2026-12-01T08:00:00.25Z", "9999-12-31T23:59:59.999999999Z"] {
            assert_eq!(time(text).to_string(), text);
        }
    }

    #[test]
    fn the_clock_of_the_system_is_read_on_both_sides_of_1970() {
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(Time::from(epoch + Duration::from_millis(1500)), time("1970-01-01T00:00:01.5Z"));
        assert_eq!(Time::from(epoch - Duration::from_millis(1500)), time("1969-12-31T23:59:58.5Z"));
        assert_eq!(
            time("1970-01-02").since(time("1970-01-01T23:59:59.5Z")),
            Some(Duration::from_millis(500))
        );
        assert_eq!(time("1970-01-01").since(time("1970-01-02")), None);
    }
}

//! When the objects of a user's own were created: a CSV file with a time in each line, or with how
//! many there were on a day (`date,count`). A first line with names is skipped.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use backfill::listing::Range;
use rand_chacha::ChaCha8Rng;

use super::error::TimesError;
use super::moment;
use super::settings::OBJECTS_MOST;
use super::timeline::{Timeline, YEAR_S};
use crate::dataset::draw::below;

const DAY_S: i64 = 86_400;
/// Years between the first and the last time, at the most: seconds of it fit in a `u32`.
const YEARS_MOST: u64 = 130;

impl Timeline {
    /// What `path` says. The objects of a day are drawn anywhere in it.
    pub(super) fn of_file(path: &Path, random: ChaCha8Rng) -> Result<Self, TimesError> {
        let mut times = Times {
            path,
            random,
            columns: None,
            seconds: Vec::new(),
            range: None,
        };
        let file = File::open(path).map_err(|error| times.unreadable(error))?;
        for (line, text) in (1..).zip(BufReader::new(file).lines()) {
            let text = text.map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData => times.not_text(line),
                _ => times.unreadable(error),
            })?;
            times.line(line, &text)?;
        }
        times.timeline()
    }
}

/// What has been read so far.
struct Times<'a> {
    path: &'a Path,
    random: ChaCha8Rng,
    /// How many each line has: 1 for times, 2 for counts.
    columns: Option<usize>,
    /// When objects were created, in any order.
    seconds: Vec<i64>,
    /// Where they can lie.
    range: Option<Range>,
}

impl Times<'_> {
    fn line(&mut self, line: u64, text: &str) -> Result<(), TimesError> {
        // Some programs put a mark at the start of a file of UTF-8.
        let text = text.trim_start_matches('\u{feff}');
        let fields: Vec<&str> = text.split(',').map(bare).collect();
        let names = |field: &&str| field.starts_with(char::is_alphabetic);
        if text.trim().is_empty() || (line == 1 && fields.iter().all(names)) {
            return Ok(());
        }
        let columns = *self.columns.get_or_insert(fields.len());
        match fields[..] {
            [moment] if columns == 1 => self.object(line, moment),
            [date, count] if columns == 2 => self.day(line, date, count),
            _ => Err(TimesError::Columns {
                path: self.path.to_owned(),
                line,
                found: fields.len(),
                expected: match columns {
                    1 => "1",
                    2 => "2",
                    _ => "1 or 2",
                },
            }),
        }
    }

    fn object(&mut self, line: u64, found: &str) -> Result<(), TimesError> {
        let second = moment::second(found)
            .ok_or_else(|| self.unfit(line, found, "a moment from 1970 to 9999"))?;
        self.within(Range::new(second, second + 1));
        self.room(line, 1)?;
        self.seconds.push(second);
        Ok(())
    }

    fn day(&mut self, line: u64, found: &str, count: &str) -> Result<(), TimesError> {
        let day = moment::midnight(found)
            .ok_or_else(|| self.unfit(line, found, "a date such as 2026-01-31"))?;
        let count = count
            .parse()
            .map_err(|_| self.unfit(line, count, "a whole number, 0 or more"))?;
        self.within(Range::new(day, day + DAY_S));
        self.room(line, count)?;
        let random = &mut self.random;
        let drawn = (0..count).map(|_| day.saturating_add_unsigned(below(random, DAY_S as u64)));
        self.seconds.extend(drawn);
        Ok(())
    }

    fn within(&mut self, part: Range) {
        let all = self.range.get_or_insert(part);
        *all = Range::new(all.gte.min(part.gte), all.lt.max(part.lt));
    }

    fn room(&self, line: u64, more: u64) -> Result<(), TimesError> {
        if more > OBJECTS_MOST - self.seconds.len() as u64 {
            return Err(TimesError::TooMany {
                path: self.path.to_owned(),
                line,
                most: OBJECTS_MOST,
            });
        }
        Ok(())
    }

    fn unreadable(&self, source: io::Error) -> TimesError {
        TimesError::Unreadable {
            path: self.path.to_owned(),
            source,
        }
    }

    fn not_text(&self, line: u64) -> TimesError {
        TimesError::NotText {
            path: self.path.to_owned(),
            line,
        }
    }

    fn unfit(&self, line: u64, found: &str, expected: &'static str) -> TimesError {
        TimesError::Field {
            path: self.path.to_owned(),
            line,
            found: found.to_owned(),
            expected,
        }
    }

    fn timeline(self) -> Result<Timeline, TimesError> {
        let path = || self.path.to_owned();
        let range = self
            .range
            .ok_or_else(|| TimesError::Nothing { path: path() })?;
        let years = range.span() / YEAR_S;
        if years >= YEARS_MOST {
            return Err(TimesError::TooLong {
                path: path(),
                years,
                most: YEARS_MOST,
            });
        }
        let seconds = self.seconds.iter();
        let mut offsets: Vec<u32> = seconds.map(|second| (second - range.gte) as u32).collect();
        offsets.sort_unstable();
        Ok(Timeline { range, offsets })
    }
}

/// A field without what it may stand in.
fn bare(field: &str) -> &str {
    let field = field.trim();
    let quoted = field
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    quoted.unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, stream};

    fn read(text: &str) -> Result<Timeline, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("times.csv");
        std::fs::write(&path, text).unwrap();
        Timeline::of_file(&path, stream(1, Purpose::Data, "test")).map_err(|error| {
            let text = error.to_string();
            text.replace(&path.display().to_string(), "times.csv")
        })
    }

    #[test]
    fn times_are_read_and_sorted_with_or_without_a_header() {
        let text = "1700000010\n1700000000\n2023-11-14T22:13:25Z\n\n1700000010\n";
        let times = read(text).unwrap();
        assert_eq!(times.range, Range::new(1_700_000_000, 1_700_000_011));
        assert_eq!(times.offsets, [0, 5, 10, 10]);
        for header in ["created\n", "\u{feff}created_at\r\n", "\"when\"\n"] {
            assert_eq!(read(&format!("{header}{text}")).unwrap(), times);
        }
        assert_eq!(read(&format!("\u{feff}{text}")).unwrap(), times);
    }

    #[test]
    fn the_objects_of_a_day_lie_in_it() {
        let times = read("date,count\n2024-03-01,7\n2024-02-28, 20000\n2024-02-29,0\n").unwrap();
        let begin = moment::midnight("2024-02-28").unwrap();
        assert_eq!(times.range, Range::new(begin, begin + 3 * DAY_S));
        assert_eq!(times.offsets.len(), 20_007);
        let day = |nth: u32| {
            let of_day = |&&offset: &&u32| offset / 86_400 == nth;
            times.offsets.iter().filter(of_day).count()
        };
        assert_eq!((day(0), day(1), day(2)), (20_000, 0, 7));
        let hour = times.offsets.iter().filter(|&&offset| offset < 3_600);
        assert!((700..970).contains(&hour.count()), "anywhere in it");
        assert!(read("2024-02-29,0\n").unwrap().offsets.is_empty());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, said) in [
            ("", "times.csv has no creation time in it"),
            ("created\n", "times.csv has no creation time in it"),
            (
                "1700000000\nyesterday\n",
                "times.csv:2: `yesterday` is not a moment from 1970 to 9999",
            ),
            (
                "created\n\n1700000000000\n",
                "times.csv:3: `1700000000000` is not a moment from 1970 to 9999",
            ),
            (
                "2024-02-30,1\n",
                "times.csv:1: `2024-02-30` is not a date such as 2026-01-31",
            ),
            (
                "day,n\n2024-02-29,-1\n",
                "times.csv:2: `-1` is not a whole number, 0 or more",
            ),
            (
                "2024-02-29,1\n2024-03-01\n",
                "times.csv:2: 1 columns, where 2 are expected",
            ),
            (
                "1,2,3\n",
                "times.csv:1: 3 columns, where 1 or 2 are expected",
            ),
            (
                "2024-02-29,20000000\n2024-02-29,1\n",
                "times.csv:2: that is more than 20000000 objects",
            ),
            (
                "2024-02-29,18446744073709551615\n",
                "times.csv:1: that is more than 20000000 objects",
            ),
            (
                "0\n9999-12-31\n",
                "times.csv spans 8029 years, which is more than 130",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), said, "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        let random = || stream(1, Purpose::Data, "test");
        let error = Timeline::of_file(&folder.path().join("none"), random()).unwrap_err();
        assert!(matches!(error, TimesError::Unreadable { .. }), "{error}");
        let path = folder.path().join("latin-1");
        std::fs::write(&path, b"1700000000\n\xe9\n").unwrap();
        let error = Timeline::of_file(&path, random()).unwrap_err();
        assert!(
            matches!(error, TimesError::NotText { line: 2, .. }),
            "{error}"
        );
    }
}

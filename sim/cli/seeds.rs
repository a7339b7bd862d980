//! Lists of seeds on the command line: `1,2,9..12`, both ends of a range included.

use std::str::FromStr;

use crate::scenario::Seeds;

/// How many seeds a list may have; a longer one is a slip.
const MOST: u64 = 10_000;

/// A list of seeds as it is written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedList(pub Seeds);

impl FromStr for SeedList {
    type Err = String;

    /// # Errors
    ///
    /// When a part is no number and no range, a range runs backwards, a seed comes twice or does
    /// not fit in a scenario file (2^63 − 1 at most), or there are more than 10 000.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut seeds = Vec::new();
        for part in text.split(',') {
            let (first, last) = match part.split_once("..") {
                Some((first, last)) => (seed(first)?, seed(last)?),
                None => (seed(part)?, seed(part)?),
            };
            if first > last {
                return Err(format!(
                    "`{}` runs backwards: write {last}..{first}",
                    part.trim()
                ));
            }
            let room = MOST - seeds.len() as u64;
            if last - first >= room {
                return Err(format!("more than {MOST} seeds"));
            }
            seeds.extend(first..=last);
        }
        let mut sorted = seeds.clone();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("seed {} comes twice", pair[0])),
            None => Ok(Self(Seeds(seeds))),
        }
    }
}

fn seed(text: &str) -> Result<u64, String> {
    let text = text.trim();
    text.parse::<u64>()
        .ok()
        .filter(|&seed| i64::try_from(seed).is_ok())
        .ok_or_else(|| {
            format!("`{text}` is not a seed: write numbers and ranges, such as 1,2,9..12")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<u64>, String> {
        text.parse::<SeedList>().map(|list| list.0.0)
    }

    #[test]
    fn numbers_and_ranges_may_be_mixed() {
        assert_eq!(parse("1,2,9..12"), Ok(vec![1, 2, 9, 10, 11, 12]));
        assert_eq!(parse("7"), Ok(vec![7]));
        assert_eq!(parse(" 3 .. 3 , 1"), Ok(vec![3, 1]));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in [
            "",
            "1,",
            "a",
            "-1",
            "5..1",
            "1,1",
            "1..3,2",
            "0..18446744073709551615",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("0..9999").is_ok());
        assert!(parse("0..10000").is_err());
        assert!(parse("5..1").unwrap_err().contains("1..5"));
    }
}

//! Moments as people and databases write them, as unix seconds.

use crate::dataset::calendar;

/// The last second of the year 9999.
const LAST_S: i64 = 253_402_300_799;

/// What can be read, for whoever wrote something else.
pub(super) const EXPECTED: &str = "unix seconds (1767225600) or a date (2026-01-01, \
                                   2026-01-01T00:00:00Z, 2026-01-01 00:00:00+01:00)";

/// The second of `text`: unix seconds, an ISO 8601 date, or a date with a time as RFC 3339 has it,
/// where the seconds and the zone may be left out. Without a zone it is UTC; fractions of a second
/// are dropped. `None` if it is none of them, or not between 1970 and 9999.
pub(super) fn second(text: &str) -> Option<i64> {
    let second = if is_digits(text) {
        text.parse().ok()?
    } else {
        let (date, rest) = text.split_at_checked(10)?;
        let midnight = midnight(date)?;
        match rest.strip_prefix(['T', 't', ' ']) {
            Some(time) => midnight + time_of_day(time)?,
            None if rest.is_empty() => midnight,
            None => return None,
        }
    };
    (0..=LAST_S).contains(&second).then_some(second)
}

/// The first second of a date such as `2026-01-31`.
pub(super) fn midnight(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut next = |width| number(parts.next()?, width);
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let days = calendar::days(year, month, day)?;
    parts
        .next()
        .is_none()
        .then(|| i64::try_from(days * 86_400).unwrap_or(LAST_S))
}

/// Seconds of `12:34`, `12:34:56` or `12:34:56.789`, with `Z`, `+01:00` or nothing behind it.
fn time_of_day(text: &str) -> Option<i64> {
    let (clock, zone_s) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (&text[..at], zone(&text[at..])?),
        None => (text, 0),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = match parts.next() {
        Some(second) => number(second, 2)?,
        None => 0,
    };
    let real = hour < 24 && minute < 60 && second < 60 && is_digits(fraction);
    let seconds = i64::try_from(hour * 3_600 + minute * 60 + second).ok()?;
    (real && parts.next().is_none()).then_some(seconds - zone_s)
}

/// Seconds that a zone is ahead of UTC.
fn zone(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let (sign, text) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let ahead = i64::try_from(hours * 3_600 + minutes * 60).ok()?;
    (hours < 24 && minutes < 60).then_some(sign * ahead)
}

/// A number of exactly `width` digits.
fn number(text: &str, width: usize) -> Option<u64> {
    (text.len() == width && is_digits(text))
        .then(|| text.parse().ok())
        .flatten()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_usual_way() {
        for text in [
            "1709210096",
            "2024-02-29T12:34:56Z",
            "2024-02-29t12:34:56.789z",
            "2024-02-29 12:34:56",
            "2024-02-29T14:34:56+02:00",
            "2024-02-29T05:04:56-07:30",
        ] {
            assert_eq!(second(text), Some(1_709_210_096), "{text}");
        }
        assert_eq!(second("2024-02-29"), Some(1_709_164_800));
        assert_eq!(second("2024-02-29T12:34"), Some(1_709_210_040));
        assert_eq!(second("0"), Some(0));
        assert_eq!(second("1970-01-01T00:59:59+01:00"), None, "it is 1969");
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "created",
            "-1",
            "1e9",
            "1.5",
            "1709210096000",
            "99999999999999999999999",
            "2024-02-30",
            "2024-2-9",
            "24-02-29",
            "2024-02-29T",
            "2024-02-29T24:00:00Z",
            "2024-02-29T12:60:00Z",
            "2024-02-29T12:34:60Z",
            "2024-02-29T12:34:56.Z",
            "2024-02-29T12:34:56+1",
            "2024-02-29T12:34:56+25:00",
            "2024-02-29T12:34:56:00",
            "2024-02-29x12:34:56",
            "2024-02-29-01",
            "29.02.2024",
            "２０２４-02-29",
            "2024-02-2é",
        ] {
            assert_eq!(second(text), None, "{text}");
        }
    }
}

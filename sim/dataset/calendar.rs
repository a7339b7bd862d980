//! Unix time and dates: ISO 8601 text for the columns that hold text, and the way back.

/// Writes `2025-06-15T15:06:40.000Z` for microseconds after a unix second.
pub(super) fn push_iso(text: &mut String, start_unix_s: i64, moment_us: u64) {
    use std::fmt::Write as _;
    let unix_ms = start_unix_s as u64 * 1_000 + moment_us / 1_000;
    let (year, month, day) = civil(unix_ms / 86_400_000);
    let ms_of_day = unix_ms % 86_400_000;
    let written = write!(
        text,
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        ms_of_day / 3_600_000,
        ms_of_day / 60_000 % 60,
        ms_of_day / 1_000 % 60,
        ms_of_day % 1_000
    );
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

/// The date of a day since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`, for days from 1970 on).
const fn civil(days: u64) -> (u64, u64, u64) {
    let from_march_0000 = days + 719_468;
    let era = from_march_0000 / 146_097;
    let day_of_era = from_march_0000 % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + (month <= 2) as u64;
    (year, month, day)
}

/// The day since 1970-01-01 that a date from 1970 to 9999 is; `None` if there is no such date
/// (Hinnant, `days_from_civil`).
pub(crate) fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1_970..=9_999).contains(&year) || !(1..=12).contains(&month) || day > 31 {
        return None;
    }
    let year_from_march = year - (month <= 2) as u64;
    let era = year_from_march / 400;
    let year_of_era = year_from_march % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    // The 31st of April is the 1st of May, which is not what was asked for.
    (civil(days) == (year, month, day)).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_and_back() {
        for known in [0, 58, 59, 789, 790, 19_782, 47_540, 2_932_896] {
            let (year, month, day) = civil(known);
            assert_eq!(days(year, month, day), Some(known));
        }
        let each = (0..60_000).map(|known| (known, civil(known)));
        assert!(
            each.into_iter()
                .all(|(known, (y, m, d))| days(y, m, d) == Some(known))
        );
        for none in [
            (1_969, 12, 31),
            (2_025, 2, 29),
            (2_024, 4, 31),
            (2_024, 0, 1),
            (2_024, 13, 1),
            (2_024, 1, 0),
            (2_024, 1, 32),
            (10_000, 1, 1),
        ] {
            assert_eq!(days(none.0, none.1, none.2), None, "{none:?}");
        }
    }

    #[test]
    fn known_moments_read_as_they_should() {
        let iso = |unix_s, us| {
            let mut text = String::new();
            push_iso(&mut text, unix_s, us);
            text
        };
        assert_eq!(iso(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(1_750_000_000, 1_500), "2025-06-15T15:06:40.001Z");
        assert_eq!(iso(1_709_164_800, 0), "2024-02-29T00:00:00.000Z");
        assert_eq!(iso(4_102_444_799, 999_999), "2099-12-31T23:59:59.999Z");
    }
}

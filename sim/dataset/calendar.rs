//! Unix time as ISO 8601 text, for the columns that hold text.

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

#[cfg(test)]
mod tests {
    use super::*;

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

//! How figures are written for people: three digits and the unit that fits.
//!
//! Whole numbers are grouped by a no-break space. `f64` formatting in Rust is exact and the same
//! everywhere, so these strings may stand in files that are compared byte by byte.

/// The space inside a quantity, which never breaks a line.
pub const NBSP: char = '\u{a0}';

/// A span of modelled time: `740 µs`, `12.4 ms`, `150 s`, `12.3 min`, `2.50 h`.
#[must_use]
pub fn duration(ns: u64) -> String {
    let value = ns as f64;
    let (value, unit) = match ns {
        0..1_000 => (value, "ns"),
        1_000..999_500 => (value / 1e3, "µs"),
        999_500..999_500_000 => (value / 1e6, "ms"),
        999_500_000..180_000_000_000 => (value / 1e9, "s"),
        180_000_000_000..7_200_000_000_000 => (value / 60e9, "min"),
        _ => (value / 3_600e9, "h"),
    };
    format!("{}{NBSP}{unit}", three_digits(value))
}

/// A span that somebody decided on rather than measured: `1 s` and not `1.00 s`.
#[must_use]
pub fn exact(ns: u64) -> String {
    without_zeros(duration(ns))
}

/// Bytes that somebody decided on rather than measured: `50 MB` and not `50.0 MB`.
#[must_use]
pub fn exact_bytes(count: u64) -> String {
    without_zeros(bytes(count))
}

fn without_zeros(text: String) -> String {
    match text.split_once(NBSP) {
        Some((value, unit)) if value.contains('.') => {
            let value = value.trim_end_matches('0').trim_end_matches('.');
            format!("{value}{NBSP}{unit}")
        }
        _ => text,
    }
}

/// A factor: `5 100 ×`, `4.80 ×`.
#[must_use]
pub fn factor(value: f64) -> String {
    format!("{}{NBSP}×", three_digits(value))
}

/// Milliseconds with as many decimals as three digits need, for a column whose header has the unit.
#[must_use]
pub fn millis(ns: u64) -> String {
    three_digits(ns as f64 / 1e6)
}

/// Seconds, for a column whose header has the unit.
#[must_use]
pub fn seconds(ns: u64) -> String {
    three_digits(ns as f64 / 1e9)
}

/// A share as a percentage: `4.5 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 9.95 {
        format!("{value:.1}{NBSP}%")
    } else {
        format!("{value:.0}{NBSP}%")
    }
}

/// A factor close to another one that matters: `1.003 ×` where [`factor`] says `1.00 ×`.
#[must_use]
pub fn fine_factor(value: f64) -> String {
    if (0.0..9.9995).contains(&value) {
        format!("{value:.3}{NBSP}×")
    } else {
        factor(value)
    }
}

/// A share close to another one that matters: `0.29 %`.
#[must_use]
pub fn fine_percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 9.995 {
        format!("{value:.2}{NBSP}%")
    } else {
        percent(share)
    }
}

/// A share that may go either way: `+12 %`, `−3.4 %`, `0 %`.
#[must_use]
pub fn signed_percent(share: f64) -> String {
    let sign = match share {
        _ if share > 0.0 => "+",
        _ if share < 0.0 => "−",
        _ => "",
    };
    format!("{sign}{}", percent(share.abs()))
}

/// Bytes, to the thousand: `740 B`, `12.4 kB`, `3.10 MB`, `1.25 GB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    let value = count as f64;
    let (value, unit) = match count {
        0..1_000 => return format!("{count}{NBSP}B"),
        1_000..999_500 => (value / 1e3, "kB"),
        999_500..999_500_000 => (value / 1e6, "MB"),
        _ => (value / 1e9, "GB"),
    };
    format!("{}{NBSP}{unit}", three_digits(value))
}

/// A whole number, grouped: `71 000`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(NBSP);
        }
        grouped.push(digit);
    }
    grouped
}

/// Three significant digits; whole numbers from 1 000 on are rounded to three digits and grouped.
fn three_digits(value: f64) -> String {
    if value <= 0.0 {
        "0".to_owned()
    } else if value < 0.0995 {
        format!("{value:.3}")
    } else if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else if value < 999.5 {
        format!("{value:.0}")
    } else {
        let mut step = 1.0;
        while value / step >= 999.5 {
            step *= 10.0;
        }
        count((value / step).round() as u64 * step as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(NBSP, " ")
    }

    #[test]
    fn a_duration_has_the_unit_that_fits() {
        let cases = [
            (0, "0 ns"),
            (999, "999 ns"),
            (740_000, "740 µs"),
            (999_600, "1.00 ms"),
            (12_400_000, "12.4 ms"),
            (150_000_000_000, "150 s"),
            (738_000_000_000, "12.3 min"),
            (9_000_000_000_000, "2.50 h"),
        ];
        for (ns, text) in cases {
            assert_eq!(plain(&duration(ns)), text);
        }
    }

    #[test]
    fn a_promise_has_no_false_digits() {
        assert_eq!(plain(&exact(1_000_000_000)), "1 s");
        assert_eq!(plain(&exact(2_500_000_000)), "2.5 s");
        assert_eq!(plain(&exact(50_000_000)), "50 ms");
        assert_eq!(plain(&exact(100_000_000)), "100 ms");
        assert_eq!(plain(&exact_bytes(50_000_000)), "50 MB");
        assert_eq!(plain(&exact_bytes(500)), "500 B");
    }

    #[test]
    fn a_factor_keeps_three_digits() {
        assert_eq!(plain(&factor(5_123.0)), "5 120 ×");
        assert_eq!(plain(&factor(4.8)), "4.80 ×");
        assert_eq!(plain(&factor(0.05)), "0.050 ×");
        assert_eq!(plain(&factor(999.7)), "1 000 ×");
    }

    #[test]
    fn what_is_close_to_a_threshold_has_a_digit_more() {
        assert_eq!(plain(&fine_factor(1.0034)), "1.003 ×");
        assert_eq!(plain(&fine_factor(9.9996)), "10.0 ×");
        assert_eq!(plain(&fine_percent(0.01041)), "1.04 %");
        assert_eq!(plain(&fine_percent(0.53)), "53 %");
        assert_eq!(plain(&fine_percent(0.0)), "0 %");
    }

    #[test]
    fn an_error_has_its_sign_and_bytes_their_unit() {
        let errors = [-0.89, -0.034, 0.0, 0.5].map(|error| plain(&signed_percent(error)));
        assert_eq!(errors, ["−89 %", "−3.4 %", "0 %", "+50 %"]);
        let sizes = [999, 12_400, 999_600, 1_250_000_000].map(|size| plain(&bytes(size)));
        assert_eq!(sizes, ["999 B", "12.4 kB", "1.00 MB", "1.25 GB"]);
    }

    #[test]
    fn counts_are_grouped_and_shares_are_percentages() {
        assert_eq!(plain(&count(1_500_000)), "1 500 000");
        assert_eq!(plain(&count(15)), "15");
        assert_eq!(plain(&percent(0.045)), "4.5 %");
        assert_eq!(plain(&percent(1.0)), "100 %");
        assert_eq!(plain(&percent(0.0)), "0 %");
    }
}

//! Student's t distribution: what a mean over few seeds is worth.
//!
//! Tails are the regularised incomplete beta function, computed as the continued fraction of
//! Abramowitz and Stegun 26.5.8 in the form of Press et al., "Numerical Recipes", 3rd ed., 6.4, and
//! Abramowitz and Stegun 26.5.27 ties the two together. `libm` rather than the platform's
//! logarithms: verdicts are the same everywhere.

/// Terms of the continued fraction; it needs about the root of the larger parameter.
const TERMS: u32 = 500;
/// What two terms may differ by at the end, and what stands for a denominator of 0.
const CLOSE: f64 = 1e-15;
const TINY: f64 = 1e-300;
/// Halvings that bring a quantile to the last bit of an f64.
const HALVINGS: u32 = 200;

/// The probability that |T| is at least |`t`| with `freedom` degrees of freedom.
pub(super) fn two_sided(t: f64, freedom: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// The t that |T| exceeds with the probability `share`, which lies between 0 and 1.
pub(super) fn quantile(share: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, freedom) > share {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if two_sided(middle, freedom) > share {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The regularised incomplete beta function.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let beta = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let front = libm::exp(beta + a * libm::log(x) + b * libm::log1p(-x));
    // The fraction converges quickly on this side of the mean only.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction, by the method of Lentz.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut sum = d;
    for term in 1..=TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / kept(1.0 + coefficient * d);
            c = kept(1.0 + coefficient / c);
            step = c * d;
            sum *= step;
        }
        if (step - 1.0).abs() < CLOSE {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upper 2.5 % points of every table of the distribution.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, expected) in [
            (1.0, 12.706_205),
            (2.0, 4.302_653),
            (3.0, 3.182_446),
            (5.0, 2.570_582),
            (7.0, 2.364_624),
            (9.0, 2.262_157),
            (29.0, 2.045_230),
            (100.0, 1.983_972),
        ] {
            let found = quantile(0.05, freedom);
            assert!((found - expected).abs() < 1e-6, "{freedom}: {found}");
        }
        // The upper 0.5 %.
        assert!((quantile(0.01, 9.0) - 3.249_836).abs() < 1e-6);
    }

    /// With one degree of freedom it is Cauchy's, with two it has a closed form.
    #[test]
    fn tails_are_those_of_the_closed_forms() {
        for t in [0.1, 0.5, 1.0, 2.0, 7.0, 40.0] {
            let cauchy = 1.0 - 2.0 / std::f64::consts::PI * libm::atan(t);
            assert!((two_sided(t, 1.0) - cauchy).abs() < 1e-12, "{t}");
            let two = 1.0 - t / libm::sqrt(2.0 + t * t);
            assert!((two_sided(t, 2.0) - two).abs() < 1e-12, "{t}");
            assert!((two_sided(-t, 2.0) - two).abs() < 1e-12, "{t}");
        }
        assert!((two_sided(0.0, 5.0) - 1.0).abs() < 1e-12);
        assert_eq!(two_sided(f64::INFINITY, 5.0).to_bits(), 0.0_f64.to_bits());
    }
}

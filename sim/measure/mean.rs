//! Ratios and their means: geometric, because ratios multiply, and all or nothing, because a mean
//! over the seeds that happened to finish would flatter the strategy.

/// `a / b`; `None` when `b` is 0, which no ratio is defined for.
pub(crate) fn quotient(a: u64, b: u64) -> Option<f64> {
    (b > 0).then(|| a as f64 / b as f64)
}

/// The geometric mean; `None` without values or when any is missing. `libm` rather than the
/// platform's `ln` and `exp`: these figures are compared byte by byte.
pub(crate) fn geometric(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    match values.as_slice() {
        [] => None,
        [one] => Some(*one),
        _ if values.contains(&0.0) => Some(0.0),
        many => {
            let sum: f64 = many.iter().map(|value| libm::log(*value)).sum();
            Some(libm::exp(sum / many.len() as f64))
        }
    }
}

/// [`geometric`] of nanoseconds, rounded.
pub(crate) fn geometric_ns(values: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    let mean = geometric(values.map(|value| value.map(|ns| ns as f64)))?;
    Some(libm::round(mean) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_over_seeds_are_geometric_and_all_or_nothing() {
        let values = |values: &[Option<f64>]| geometric(values.iter().copied());
        assert!((values(&[Some(2.0), Some(8.0)]).unwrap() - 4.0).abs() < 1e-12);
        assert_eq!(values(&[Some(2.0), None]), None);
        assert_eq!(values(&[]), None);
        assert_eq!(quotient(3, 0), None);
    }
}

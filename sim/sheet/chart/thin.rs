//! As many points of a line as can be seen: of what falls on one column of the picture, what comes
//! first, what comes last, and the least and the most between them. No peak is lost.

/// `points` in order of time, thinned to four for each of `columns` equal parts of `0..=end_ns`.
pub(super) fn thin(points: &[(u64, f64)], end_ns: u64, columns: u64) -> Vec<(u64, f64)> {
    let column = |at_ns: u64| {
        let part = u128::from(at_ns) * u128::from(columns) / u128::from(end_ns.max(1));
        part as u64
    };
    let mut thinned = Vec::new();
    for part in points.chunk_by(|a, b| column(a.0) == column(b.0)) {
        let values = || part.iter().map(|point| point.1).enumerate();
        let least = values().min_by(|a, b| a.1.total_cmp(&b.1));
        let most = values().max_by(|a, b| a.1.total_cmp(&b.1));
        let (least, most) = (least.map(|at| at.0), most.map(|at| at.0));
        let mut kept = vec![0, part.len() - 1];
        kept.extend(least.into_iter().chain(most));
        kept.sort_unstable();
        kept.dedup();
        thinned.extend(kept.into_iter().map(|index| part[index]));
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_peaks_stay_and_few_points_are_all_kept() {
        let points: Vec<(u64, f64)> = (0..1_000).map(|at| (at, (at % 97) as f64)).collect();
        let thinned = thin(&points, 1_000, 2);
        let expected = [0, 96, 97, 499, 500, 581, 582, 999];
        let kept: Vec<u64> = thinned.iter().map(|point| point.0).collect();
        assert_eq!(kept[0], 0);
        assert_eq!(*kept.last().unwrap(), 999);
        assert!(kept.len() <= 8, "{kept:?}");
        let peaks = thinned.iter().filter(|point| point.1 == 96.0).count();
        assert_eq!(peaks, 2, "{kept:?} against {expected:?}");
        assert_eq!(thin(&points[..7], 1_000, 500), points[..7]);
        assert_eq!(thin(&[], 1_000, 2), []);
    }
}

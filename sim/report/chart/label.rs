//! Keeps labels at the ends of lines apart: as near to where they belong as the others allow.

/// Rows for labels that would like to be at `wanted`, at least `gap` apart and within `low..=high`
/// as long as they fit there. Order is kept, equal wishes in the order given.
pub(super) fn spread(wanted: &[i32], gap: i32, low: i32, high: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&index| (wanted[index], index));
    let mut rows = vec![0; wanted.len()];
    let mut next = low;
    for &index in &order {
        rows[index] = wanted[index].max(next);
        next = rows[index] + gap;
    }
    // What went over the lower edge pushes its neighbours back up.
    let mut limit = high;
    for &index in order.iter().rev() {
        rows[index] = rows[index].min(limit).max(low);
        limit = rows[index] - gap;
    }
    rows
}

/// At most `length` characters of `name`, with an ellipsis where it was cut.
pub(super) fn cut(name: &str, length: usize) -> String {
    if name.chars().count() <= length {
        return name.to_owned();
    }
    let kept: String = name.chars().take(length.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_fit_stay_and_others_give_way() {
        assert_eq!(spread(&[10, 100, 50], 20, 0, 200), [10, 100, 50]);
        assert_eq!(spread(&[50, 50, 55], 20, 0, 200), [50, 70, 90]);
        assert_eq!(spread(&[195, 198], 20, 0, 200), [180, 200]);
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(cut("short", 8), "short");
        assert_eq!(cut("much too long", 8), "much to…");
    }
}

//! By how much an expectation of pages may be off.

/// By how many pages it may be off at the end, when it was off by `off` over the `seen` pages that
/// tell, and `left` pages are to come: off × √(left ÷ seen), as steps add up that are as likely up
/// as down. Where nothing was seen nothing is known, and this is 0.
pub(super) fn doubt(off: u64, seen: u64, left: u64) -> u64 {
    let (off, left) = (u128::from(off), u128::from(left));
    let squared = (off * off).saturating_mul(left);
    let squared = squared.checked_div(u128::from(seen)).unwrap_or(0);
    u64::try_from(squared.isqrt()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_grows_with_the_root_of_what_is_left_over_what_was_seen() {
        assert_eq!(doubt(30, 100, 100), 30);
        assert_eq!(doubt(30, 100, 400), 60);
        assert_eq!(doubt(30, 400, 100), 15);
        assert_eq!((doubt(30, 0, 100), doubt(0, 1, 100)), (0, 0));
        assert_eq!(doubt(u64::MAX, 1, u64::MAX), u64::MAX);
    }
}

//! "Did you mean": the nearest of the names there are.
//!
//! One threshold for keys, values, strategies, scenarios and profiles, so that a slip of the
//! finger is treated alike wherever it happens.

/// Jaro–Winkler similarity from which a name is worth offering. Below it the offers become
/// random; `reads` for `reads_per_s` and `cloud` for `cloud-volume` lie above it.
const WORTH_OFFERING: f64 = 0.8;

/// The candidate most like `word`, if any is like it at all; the first of equals.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(&str, f64)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(word, candidate);
        if likeness >= WORTH_OFFERING && best.is_none_or(|(_, most)| likeness > most) {
            best = Some((candidate, likeness));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// A help line: the nearest name if there is one, and in any case all of them after `label`.
///
/// ```
/// let help = backfill_sim::spelling::did_you_mean("nvne", &["nvme", "ssd"], "profiles");
/// assert_eq!(help, "did you mean `nvme`? profiles: nvme, ssd");
/// ```
#[must_use]
pub fn did_you_mean<S: AsRef<str>>(word: &str, names: &[S], label: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let all = if names.is_empty() {
        format!("{label}: none")
    } else {
        format!("{label}: {}", names.join(", "))
    };
    match closest(word, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`? {all}"),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let keys = ["reads_per_s", "mix", "observations_per_s"];
        assert_eq!(closest("read_per_s", keys), Some("reads_per_s"));
        assert_eq!(closest("reads", keys), Some("reads_per_s"));
        assert_eq!(closest("zebra", keys), None);
    }

    #[test]
    fn the_names_are_listed_even_without_a_near_one() {
        assert_eq!(did_you_mean("zebra", &["a", "b"], "keys"), "keys: a, b");
        assert_eq!(did_you_mean::<&str>("zebra", &[], "keys"), "keys: none");
    }
}

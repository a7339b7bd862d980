//! What an object looks like: JSON as a payment provider's charge has it, about 220 bytes.

use std::fmt::Write as _;

use super::objects::push_id;
use crate::sample::draw::Draws;

/// About how long one is, bytes.
pub(super) const LENGTH: usize = 256;

const CURRENCIES: [&str; 4] = ["eur", "usd", "gbp", "jpy"];
/// As they stand in JSON. Whoever takes bodies apart by hand fails on the third.
const DESCRIPTIONS: [&str; 4] = [
    "Order",
    "Größe L, order",
    "\\\"express\\\" order",
    "Renewal",
];
/// Charges that succeeded, of 100.
const SUCCEEDED: u64 = 95;

/// Writes the object with this number in its id.
pub(super) fn push(text: &mut String, draws: Draws, number: u32, created: i64) {
    let below = |question, n| draws.below(u64::from(number), question, n);
    let one_of = |question, all: [&'static str; 4]| all[below(question, 4) as usize];
    text.push_str("{\"id\":\"");
    push_id(text, number);
    let paid = below(5, 100) < SUCCEEDED;
    let status = if paid { "succeeded" } else { "failed" };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "\",\"object\":\"charge\",\"amount\":{amount},\"currency\":\"{currency}\",\
         \"created\":{created},\"customer\":\"cus_{customer:08}\",\
         \"description\":\"{description} {order}\",\"livemode\":false,\"metadata\":{{}},\
         \"paid\":{paid},\"status\":\"{status}\"}}",
        amount = 50 + below(1, 1_000_000),
        currency = one_of(2, CURRENCIES),
        customer = below(3, 10_000_000),
        description = one_of(4, DESCRIPTIONS),
        order = 100_000 + below(6, 900_000),
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn bodies_are_json_of_the_right_size_and_differ() {
        let draws = Draws::new(1, "test");
        let bodies: Vec<String> = (0..2_000)
            .map(|number| {
                let mut text = String::new();
                push(&mut text, draws, number, 1_767_225_599);
                text
            })
            .collect();
        let mut seen = BTreeSet::new();
        for (number, text) in bodies.iter().enumerate() {
            let json: Value = serde_json::from_str(text).unwrap();
            assert_eq!(json["id"], format!("ch_{number:08}"));
            assert_eq!(json["created"], 1_767_225_599);
            assert_eq!(json["paid"] == true, json["status"] == "succeeded");
            assert!((200..=LENGTH).contains(&text.len()), "{text}");
            seen.insert(
                json["description"]
                    .as_str()
                    .unwrap()
                    .split(' ')
                    .next()
                    .unwrap()
                    .to_owned(),
            );
        }
        assert_eq!(seen.len(), DESCRIPTIONS.len());
    }
}

//! What is known of the n-th order, without looking at any other.

use std::fmt::Write as _;

use super::draw::Draws;
use super::event::{self, Event};
use super::scale::{Rows, Scale};

/// When the shop opened, unix s: 2023-01-01.
pub(super) const OPENED_UNIX_S: u64 = 1_672_531_200;

/// How long it has been open, s: two years.
pub(super) const OPEN_S: u64 = 2 * 365 * 86_400;

/// The most items an order has.
const ITEMS_MOST: u64 = 60;

/// The weight of an order with one item; with n items, it is this divided by n².
const ONE_ITEM: u64 = 1_000_000;

/// The digits of a text key, in their own order, so that keys sort as the numbers they spell.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What can be asked of an order; each question has draws of its own.
#[derive(Clone, Copy)]
enum Question {
    IdTail = 1,
    Customer,
    Moment,
    Items,
    Note,
    NoteBytes,
}

/// Items are asked about behind all other questions, this many each.
const FIRST_OF_ITEMS: u64 = 16;
const QUESTIONS_PER_ITEM: u64 = 4;

/// An item of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) product: u64,
    pub(super) quantity: u64,
    pub(super) unit_cents: u64,
}

/// All orders of one shop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Orders {
    scale: Scale,
    draws: Draws,
    prices: Draws,
    /// The sum of all weights of numbers of items.
    weights: u64,
}

impl Orders {
    /// The orders of the shop of `scale` and `seed`.
    pub(super) fn new(scale: Scale, seed: u64) -> Self {
        Self {
            scale,
            draws: Draws::new(seed, "shop orders"),
            prices: Draws::new(seed, "shop prices"),
            weights: (1..=ITEMS_MOST)
                .map(|items| ONE_ITEM / (items * items))
                .sum(),
        }
    }

    /// How many rows all tables will have.
    pub(super) fn rows(&self) -> Rows {
        let all = 0..self.scale.orders;
        Rows {
            customers: self.scale.customers,
            products: self.scale.products,
            orders: self.scale.orders,
            order_items: all.clone().map(|nth| self.items(nth)).sum(),
            order_events: all.map(|nth| self.events(nth).count() as u64).sum(),
        }
    }

    /// The numbers of all orders in the order of their text keys.
    pub(super) fn by_key(&self) -> Vec<u64> {
        let mut all: Vec<u64> = (0..self.scale.orders).collect();
        all.sort_unstable_by_key(|&nth| self.draws.unique(nth));
        all
    }

    /// Writes the text key: unique, because its first digits are a permutation of the number, and
    /// in no order, because it scatters.
    pub(super) fn id(&self, nth: u64, into: &mut String) {
        into.clear();
        into.push_str("ord_01h");
        digits(self.draws.unique(nth), 13, into);
        digits(self.ask(nth, Question::IdTail), 10, into);
    }

    /// Who placed it: few customers place many.
    pub(super) fn customer_id(&self, nth: u64) -> u64 {
        let question = Question::Customer as u64;
        1 + self.draws.skewed(nth, question, self.scale.customers)
    }

    /// When it was placed, unix s: later than the order before it, or in the same second.
    pub(super) fn placed_at(&self, nth: u64) -> u64 {
        let of_all = |nth: u64| {
            let s = u128::from(nth) * u128::from(OPEN_S) / u128::from(self.scale.orders.max(1));
            u64::try_from(s).unwrap_or(OPEN_S)
        };
        let (from, to) = (of_all(nth), of_all(nth + 1));
        OPENED_UNIX_S + from + self.draws.below(nth, Question::Moment as u64, to - from)
    }

    /// How many items it has: most have one or two, one in a hundred more than half the most.
    pub(super) fn items(&self, nth: u64) -> u64 {
        let mut left = self.draws.below(nth, Question::Items as u64, self.weights);
        for items in 1..ITEMS_MOST {
            let weight = ONE_ITEM / (items * items);
            if left < weight {
                return items;
            }
            left -= weight;
        }
        ITEMS_MOST
    }

    /// The item on `line`, from 1.
    pub(super) fn item(&self, nth: u64, line: u64) -> Item {
        let first = FIRST_OF_ITEMS + line * QUESTIONS_PER_ITEM;
        let product = self.draws.skewed(nth, first, self.scale.products);
        Item {
            product,
            quantity: 1 + self.draws.skewed(nth, first + 1, 5),
            // Bought at what it cost then: up to a tenth off.
            unit_cents: self.price_cents(product) * (90 + self.draws.below(nth, first + 2, 11))
                / 100,
        }
    }

    /// What a product costs now.
    pub(super) fn price_cents(&self, product: u64) -> u64 {
        199 + self.prices.skewed(product, 1, 50_000)
    }

    /// What happened to it until now, in time.
    pub(super) fn events(&self, nth: u64) -> impl Iterator<Item = Event> + use<> {
        event::of(self.draws, nth, self.placed_at(nth))
    }

    /// A draw for its note, and the note's length in bytes.
    pub(super) fn note(&self, nth: u64) -> (u64, usize) {
        let bytes = self.draws.below(nth, Question::NoteBytes as u64, 500);
        (self.ask(nth, Question::Note), 150 + bytes as usize)
    }

    fn ask(&self, nth: u64, question: Question) -> u64 {
        self.draws.of(nth, question as u64)
    }
}

/// The name of a product.
pub(super) fn sku(product: u64, into: &mut String) {
    into.clear();
    // Writing to a String cannot fail.
    let _ = write!(into, "SKU-{product:06}");
}

/// Writes the highest `count` digits of `number`, of 5 bits each but the first, which has 4.
fn digits(number: u64, count: u32, into: &mut String) {
    for at in 0..count {
        let digit = number >> (60 - 5 * at) & 31;
        into.push(char::from(DIGITS[digit as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> Orders {
        Orders::new(Scale::of(8), 1)
    }

    #[test]
    fn keys_are_unique_and_sort_as_they_are_said_to() {
        let orders = orders();
        let ids: Vec<String> = orders
            .by_key()
            .into_iter()
            .map(|nth| id(&orders, nth))
            .collect();
        assert!(ids.windows(2).all(|two| two[0] < two[1]));
        assert!(
            ids.iter()
                .all(|id| id.len() == 30 && id.starts_with("ord_01h"))
        );
        let mut rising =
            (1..orders.scale.orders).filter(|&nth| id(&orders, nth - 1) < id(&orders, nth));
        let share = rising.by_ref().count() as f64 / orders.scale.orders as f64;
        assert!(
            (0.45..0.55).contains(&share),
            "{share}: time must say nothing about keys"
        );
    }

    fn id(orders: &Orders, nth: u64) -> String {
        let mut text = String::new();
        orders.id(nth, &mut text);
        text
    }

    #[test]
    fn orders_are_placed_one_after_the_other_while_the_shop_is_open() {
        let orders = orders();
        let moments: Vec<u64> = (0..orders.scale.orders)
            .map(|n| orders.placed_at(n))
            .collect();
        assert!(moments.windows(2).all(|two| two[0] <= two[1]));
        assert!(moments[0] >= OPENED_UNIX_S);
        assert!(
            moments
                .last()
                .is_some_and(|&last| last < OPENED_UNIX_S + OPEN_S)
        );
    }

    #[test]
    fn few_orders_have_many_items() {
        let orders = orders();
        let counts: Vec<u64> = (0..orders.scale.orders).map(|n| orders.items(n)).collect();
        let share = |of: &dyn Fn(u64) -> bool| {
            counts.iter().filter(|&&n| of(n)).count() as f64 / counts.len() as f64
        };
        assert!((0.58..0.66).contains(&share(&|n| n == 1)));
        assert!((0.005..0.02).contains(&share(&|n| n > 30)));
        assert!(counts.iter().all(|n| (1..=ITEMS_MOST).contains(n)));
    }
}

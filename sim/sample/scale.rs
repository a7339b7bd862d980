//! How many rows a size comes to.
//!
//! Everything grows with the number of orders, so a size is a number of orders: what one of them
//! takes with its items, events and index entries is measured, and a test holds the constant to
//! it.

/// The largest sample, MiB: 64 GiB.
pub const MIB_MOST: u64 = 64 * 1024;

/// Bytes of the file per order, with all that belongs to it.
const BYTES_PER_ORDER: u64 = 2_085;

/// Orders per customer, and per product.
const ORDERS_PER_CUSTOMER: u64 = 6;
const ORDERS_PER_PRODUCT: u64 = 300;

/// There are at least so many products, however few orders.
const PRODUCTS_LEAST: u64 = 20;

/// How many rows each table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Rows of `customers`.
    pub customers: u64,
    /// Rows of `products`.
    pub products: u64,
    /// Rows of `orders`.
    pub orders: u64,
    /// Rows of `order_items`.
    pub order_items: u64,
    /// Rows of `order_events`.
    pub order_events: u64,
}

/// How many there are of what everything else belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) customers: u64,
    pub(super) products: u64,
    pub(super) orders: u64,
}

impl Scale {
    /// What fills `mib` MiB.
    pub(super) fn of(mib: u64) -> Self {
        let orders = (mib.clamp(1, MIB_MOST) << 20) / BYTES_PER_ORDER;
        Self {
            customers: orders / ORDERS_PER_CUSTOMER,
            products: (orders / ORDERS_PER_PRODUCT).max(PRODUCTS_LEAST),
            orders,
        }
    }
}

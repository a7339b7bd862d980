//! The tables and indexes of the shop.
//!
//! What a shop that grew has: text keys, a table WITHOUT ROWID under a key of two columns, a log
//! with AUTOINCREMENT, a primary key that forgot its NOT NULL, and `total_cents`, the column that
//! was added last and is still NULL in every row.

/// The tables, and with them the indexes of their keys.
pub(super) const TABLES: &str = "\
CREATE TABLE customers(
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  country TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE TABLE products(
  sku TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  category TEXT NOT NULL,
  price_cents INTEGER NOT NULL,
  description TEXT
);
CREATE TABLE orders(
  id TEXT PRIMARY KEY NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers,
  placed_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  note TEXT,
  total_cents INTEGER
);
CREATE TABLE order_items(
  order_id TEXT NOT NULL REFERENCES orders,
  line INT NOT NULL,
  sku TEXT NOT NULL REFERENCES products,
  quantity INT NOT NULL,
  unit_cents INTEGER NOT NULL,
  PRIMARY KEY(order_id, line)
) WITHOUT ROWID;
CREATE TABLE order_events(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id TEXT NOT NULL REFERENCES orders,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT
);
";

/// The other indexes, one statement each. They are made last, in one piece each.
pub(super) const INDEXES: [&str; 6] = [
    "CREATE INDEX customers_country ON customers(country)",
    "CREATE INDEX orders_customer ON orders(customer_id, placed_at)",
    "CREATE INDEX orders_placed_at ON orders(placed_at)",
    "CREATE INDEX orders_status ON orders(status, placed_at)",
    "CREATE INDEX order_items_sku ON order_items(sku)",
    "CREATE INDEX order_events_order ON order_events(order_id)",
];

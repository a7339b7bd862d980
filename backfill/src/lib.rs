//! Backfills that leave readers alone.

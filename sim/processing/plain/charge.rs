//! What is held, counted as the store under test counts it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backfill::persistence::{Held, Row};
use rusqlite::types::Value;

/// What an object takes beside what is in it: as much as the store under test says.
const OBJECT_BYTES: u64 = 256;

/// What is held now, and the most that ever was.
#[derive(Debug, Default)]
pub(super) struct Level(Mutex<(Held, Held)>);

/// An object that is held.
#[derive(Debug)]
pub(super) struct Charge {
    level: Arc<Level>,
    bytes: u64,
}

impl Level {
    pub(super) fn now(&self) -> Held {
        self.lock().0
    }

    pub(super) fn most(&self) -> Held {
        self.lock().1
    }

    fn lock(&self) -> MutexGuard<'_, (Held, Held)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Charge {
    /// For a row, known to be there or not.
    pub(super) fn row(level: &Arc<Level>, row: Option<&Row>) -> Self {
        let of = |value: &Value| match value {
            Value::Text(text) => text.len(),
            _ => 0,
        };
        let values = row.map_or(&[] as &[Value], |row| row.values());
        let text: usize = values.iter().map(of).sum();
        Self::bytes(level, text + size_of_val(values))
    }

    /// For so many bytes.
    pub(super) fn bytes(level: &Arc<Level>, bytes: usize) -> Self {
        let bytes = OBJECT_BYTES + bytes as u64;
        let mut levels = level.lock();
        let (now, most) = &mut *levels;
        now.objects += 1;
        now.bytes += bytes;
        most.objects = most.objects.max(now.objects);
        most.bytes = most.bytes.max(now.bytes);
        drop(levels);
        Self {
            level: Arc::clone(level),
            bytes,
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let mut levels = self.level.lock();
        levels.0.objects -= 1;
        levels.0.bytes -= self.bytes;
    }
}

//! The bytes a file starts from: read by all cells, written by none.

use std::fmt;
use std::sync::Arc;

use memmap2::Mmap;

/// An immutable image; clones share it.
#[derive(Clone)]
pub struct Image(Bytes);

#[derive(Clone)]
enum Bytes {
    Mapped(Arc<Mmap>),
    Owned(Arc<[u8]>),
}

impl Image {
    /// An image made of bytes in memory.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        Self(Bytes::Owned(bytes.into()))
    }

    /// An image that is a mapped file.
    pub(super) fn mapped(map: Mmap) -> Self {
        Self(Bytes::Mapped(Arc::new(map)))
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Mapped(map) => map,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({} bytes)", self.bytes().len())
    }
}

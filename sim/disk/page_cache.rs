//! The operating system's page cache: the 4 KiB pages used last.
//!
//! A plain LRU. It is asked for every page SQLite reads, so it is indexed by file and page number
//! instead of a hash, and its list is made of indices into flat arrays.
//!
//! Not modelled: a real kernel's two lists and its write-back after some seconds.

/// A page: which file, and which 4 KiB of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageId {
    pub(super) file: u32,
    pub(super) page: u32,
}

/// No slot.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Slot {
    newer: u32,
    older: u32,
    id: PageId,
}

/// An LRU of pages.
#[derive(Debug)]
pub(super) struct PageCache {
    capacity: usize,
    slots: Vec<Slot>,
    /// Slots that hold no page.
    free: Vec<u32>,
    /// By file, then page: the slot that holds it.
    index: Vec<Vec<u32>>,
    newest: u32,
    oldest: u32,
}

impl PageCache {
    /// A cache for `capacity` pages, at least one.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            slots: Vec::new(),
            free: Vec::new(),
            index: Vec::new(),
            newest: NONE,
            oldest: NONE,
        }
    }

    /// Whether the page is there; it is the newest afterwards.
    pub(super) fn hit(&mut self, id: PageId) -> bool {
        let slot = self.slot(id);
        if slot == NONE {
            return false;
        }
        if slot != self.newest {
            self.unlink(slot);
            self.push(slot);
        }
        true
    }

    /// Puts a page in that is not there; the page that had to go, if one had to.
    pub(super) fn insert(&mut self, id: PageId) -> Option<PageId> {
        debug_assert_eq!(self.slot(id), NONE, "a page is cached once");
        let new = Slot {
            newer: NONE,
            older: NONE,
            id,
        };
        let mut evicted = None;
        let slot = if self.slots.len() - self.free.len() == self.capacity {
            // The new page takes the place of the oldest one.
            let slot = self.oldest;
            self.unlink(slot);
            let old = std::mem::replace(&mut self.slots[slot as usize], new).id;
            *self.entry(old) = NONE;
            evicted = Some(old);
            slot
        } else if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = new;
            slot
        } else {
            self.slots.push(new);
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 pages are cached")
        };
        *self.entry(id) = slot;
        self.push(slot);
        evicted
    }

    /// Forgets a page, if it is there.
    pub(super) fn remove(&mut self, id: PageId) {
        let slot = self.slot(id);
        if slot == NONE {
            return;
        }
        self.unlink(slot);
        self.free.push(slot);
        *self.entry(id) = NONE;
    }

    /// Forgets the pages of `file` from page `from` on.
    pub(super) fn remove_from(&mut self, file: u32, from: u32) {
        let pages = self.index.get(file as usize).map_or(0, Vec::len);
        let pages = u32::try_from(pages).expect("page numbers are 32 bits");
        for page in from..pages {
            self.remove(PageId { file, page });
        }
    }

    fn slot(&self, id: PageId) -> u32 {
        self.index
            .get(id.file as usize)
            .and_then(|pages| pages.get(id.page as usize))
            .copied()
            .unwrap_or(NONE)
    }

    fn entry(&mut self, id: PageId) -> &mut u32 {
        let file = id.file as usize;
        if self.index.len() <= file {
            self.index.resize_with(file + 1, Vec::new);
        }
        let pages = &mut self.index[file];
        let page = id.page as usize;
        if pages.len() <= page {
            pages.resize(page + 1, NONE);
        }
        &mut pages[page]
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { newer, older, .. } = self.slots[slot as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.slots[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.slots[older as usize].newer = newer,
        }
    }

    fn push(&mut self, slot: u32) {
        let second = self.newest;
        let page = &mut self.slots[slot as usize];
        page.newer = NONE;
        page.older = second;
        match second {
            NONE => self.oldest = slot,
            second => self.slots[second as usize].newer = slot,
        }
        self.newest = slot;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const fn id(file: u32, page: u32) -> PageId {
        PageId { file, page }
    }

    #[test]
    fn the_page_used_longest_ago_goes_first() {
        let mut cache = PageCache::new(2);
        assert_eq!(cache.insert(id(0, 1)), None);
        assert_eq!(cache.insert(id(0, 2)), None);
        assert!(cache.hit(id(0, 1)));
        assert_eq!(cache.insert(id(1, 1)), Some(id(0, 2)));
        assert!(!cache.hit(id(0, 2)));
        cache.remove_from(0, 0);
        assert!(!cache.hit(id(0, 1)));
        assert!(cache.hit(id(1, 1)));
    }

    proptest! {
        /// Against the obvious LRU: a deque searched from end to end.
        #[test]
        fn it_does_what_a_plain_list_does(
            capacity in 1_usize..6,
            steps in prop::collection::vec((0_u8..8, 0_u32..2, 0_u32..8), 1..200),
        ) {
            let mut cache = PageCache::new(capacity);
            let mut list: VecDeque<PageId> = VecDeque::new();
            for (what, file, page) in steps {
                let id = id(file, page);
                if what == 0 {
                    cache.remove(id);
                    list.retain(|&other| other != id);
                    continue;
                }
                let known = list.contains(&id);
                prop_assert_eq!(cache.hit(id), known);
                list.retain(|&other| other != id);
                if !known {
                    let evicted = if list.len() == capacity { list.pop_back() } else { None };
                    prop_assert_eq!(cache.insert(id), evicted);
                }
                list.push_front(id);
            }
        }
    }
}

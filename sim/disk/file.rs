//! One file: pages written by the cell over an image that nobody changes.

use super::image::Image;
use super::locks::Locks;
use super::read_ahead::ReadAhead;
use super::shared_memory::SharedMemory;

/// Bytes of a page, of the operating system's cache as of this overlay.
pub(super) const PAGE: usize = 4096;

/// A file of a volume.
#[derive(Debug, Default)]
pub(super) struct File {
    image: Option<Image>,
    /// How much of the image still shows: truncating hides the rest for good.
    image_len: u64,
    /// Pages written by this cell, by page number.
    overlay: Vec<Option<Box<[u8; PAGE]>>>,
    len: u64,
    dirty: DirtyPages,
    pub(super) read_ahead: ReadAhead,
    pub(super) locks: Locks,
    pub(super) shared_memory: SharedMemory,
    /// Handles that are open on it.
    pub(super) handles: u32,
    /// Gone as soon as the last handle is closed.
    pub(super) deleted: bool,
    /// New, and its directory entry not yet on the device.
    pub(super) unlisted: bool,
    /// Whether there is, or was, a write-ahead log of it.
    pub(super) has_log: bool,
}

impl File {
    /// An empty file that is new.
    pub(super) fn new() -> Self {
        Self {
            unlisted: true,
            ..Self::default()
        }
    }

    pub(super) fn from_image(image: Image) -> Self {
        let len = image.bytes().len() as u64;
        Self {
            image: Some(image),
            image_len: len,
            len,
            ..Self::default()
        }
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Bytes it takes on the device beyond what its image takes.
    pub(super) fn grown(&self) -> u64 {
        let image = self.image.as_ref().map_or(0, |image| image.bytes().len());
        self.len.saturating_sub(image as u64)
    }

    /// Fills `into` from `offset`; how many bytes there were. The rest is zeroed.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> usize {
        let there = self.len.saturating_sub(offset).min(into.len() as u64);
        let there = usize::try_from(there).expect("no more than the length of a slice");
        let (data, rest) = into.split_at_mut(there);
        rest.fill(0);
        let mut at = offset;
        let mut data = data;
        while !data.is_empty() {
            let (page, start) = place(at);
            let step = data.len().min(PAGE - start);
            let (now, later) = data.split_at_mut(step);
            match self.overlay.get(page as usize) {
                Some(Some(bytes)) => now.copy_from_slice(&bytes[start..start + step]),
                _ => self.read_image(at, now),
            }
            at += step as u64;
            data = later;
        }
        there
    }

    fn read_image(&self, offset: u64, into: &mut [u8]) {
        let bytes = self.image.as_ref().map_or(&[][..], Image::bytes);
        let end = self.image_len.min(offset + into.len() as u64);
        let range = usize::try_from(offset).ok().zip(usize::try_from(end).ok());
        let there = range
            .and_then(|(from, to)| bytes.get(from..to))
            .unwrap_or(&[]);
        into[..there.len()].copy_from_slice(there);
        into[there.len()..].fill(0);
    }

    /// Writes `from` at `offset`, past the end too.
    pub(super) fn write(&mut self, offset: u64, from: &[u8]) {
        let mut at = offset;
        let mut data = from;
        while !data.is_empty() {
            let (page, start) = place(at);
            let step = data.len().min(PAGE - start);
            let (now, later) = data.split_at(step);
            self.page_mut(page)[start..start + step].copy_from_slice(now);
            self.dirty.insert(page);
            at += step as u64;
            data = later;
        }
        self.len = self.len.max(at);
    }

    fn page_mut(&mut self, page: u32) -> &mut [u8; PAGE] {
        let index = page as usize;
        if self.overlay.len() <= index {
            self.overlay.resize_with(index + 1, || None);
        }
        if self.overlay[index].is_none() {
            let mut bytes = Box::new([0; PAGE]);
            self.read_image(u64::from(page) * PAGE as u64, bytes.as_mut_slice());
            self.overlay[index] = Some(bytes);
        }
        self.overlay[index]
            .as_mut()
            .expect("the page was put there just now")
    }

    /// Cuts the file, or lengthens it with zeros.
    pub(super) fn truncate(&mut self, len: u64) {
        if len < self.len {
            let (keep, start) = place(len);
            let whole = keep as usize + usize::from(start > 0);
            self.overlay.truncate(whole);
            if start > 0 && self.overlay.get(keep as usize).is_some_and(Option::is_some) {
                self.page_mut(keep)[start..].fill(0);
            }
            self.image_len = self.image_len.min(len);
            self.dirty.truncate(whole);
        }
        self.len = len;
    }

    /// Takes `page` off the dirty ones; whether it was.
    pub(super) fn clean(&mut self, page: u32) -> bool {
        self.dirty.remove(page)
    }

    /// Takes all pages off the dirty ones: how many stood alone or began a run, and how many
    /// continued one.
    pub(super) fn clean_all(&mut self) -> (u64, u64) {
        self.dirty.drain()
    }
}

/// Which page `offset` lies in, and where in it.
pub(super) fn place(offset: u64) -> (u32, usize) {
    let page = u32::try_from(offset / PAGE as u64).expect("files are smaller than 16 TiB");
    let start = usize::try_from(offset % PAGE as u64).expect("less than a page");
    (page, start)
}

/// The pages not yet on the device: a bit each.
#[derive(Debug, Default)]
struct DirtyPages {
    bits: Vec<u64>,
    count: usize,
}

impl DirtyPages {
    fn insert(&mut self, page: u32) {
        let (word, bit) = (page as usize / 64, 1 << (page % 64));
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.count += usize::from(self.bits[word] & bit == 0);
        self.bits[word] |= bit;
    }

    fn remove(&mut self, page: u32) -> bool {
        if self.count == 0 {
            return false;
        }
        let bit = 1 << (page % 64);
        let Some(word) = self.bits.get_mut(page as usize / 64) else {
            return false;
        };
        let was = *word & bit != 0;
        *word &= !bit;
        self.count -= usize::from(was);
        was
    }

    fn truncate(&mut self, pages: usize) {
        for page in pages..self.bits.len() * 64 {
            self.remove(u32::try_from(page).expect("page numbers are 32 bits"));
        }
    }

    fn drain(&mut self) -> (u64, u64) {
        let (mut random, mut sequential) = (0, 0);
        if self.count > 0 {
            let mut before = false;
            for word in &mut self.bits {
                for bit in 0..64 {
                    let dirty = *word & (1 << bit) != 0;
                    random += u64::from(dirty && !before);
                    sequential += u64::from(dirty && before);
                    before = dirty;
                }
                *word = 0;
            }
            self.count = 0;
        }
        (random, sequential)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_truncated_image_never_shows_again() {
        let mut file = File::from_image(Image::of(vec![7; 3 * PAGE]));
        file.truncate(PAGE as u64 + 10);
        file.truncate(2 * PAGE as u64);
        let mut all = vec![1; 2 * PAGE];
        assert_eq!(file.read(0, &mut all), 2 * PAGE);
        assert!(all[..PAGE + 10].iter().all(|&byte| byte == 7));
        assert!(all[PAGE + 10..].iter().all(|&byte| byte == 0));
    }

    #[test]
    fn dirty_pages_are_told_apart_by_runs() {
        let mut file = File::default();
        file.write(0, &[1; 3 * PAGE]);
        file.write(9 * PAGE as u64, &[1]);
        assert_eq!(file.clean_all(), (2, 2));
        assert_eq!(file.clean_all(), (0, 0));
        file.write(0, &[1]);
        assert!(file.clean(0));
        assert!(!file.clean(0));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        Truncate(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let place = 0_u64..4 * PAGE as u64;
        prop_oneof![
            3 => (place.clone(), prop::collection::vec(any::<u8>(), 1..6000))
                .prop_map(|(at, bytes)| Step::Write(at, bytes)),
            1 => place.prop_map(Step::Truncate),
        ]
    }

    proptest! {
        /// Against a vector of bytes.
        #[test]
        fn it_holds_what_a_vector_holds(
            image in prop::collection::vec(any::<u8>(), 0..3 * PAGE),
            steps in prop::collection::vec(step(), 1..12),
        ) {
            let mut file = File::from_image(Image::of(image.clone()));
            let mut bytes = image;
            for step in steps {
                match step {
                    Step::Write(at, data) => {
                        file.write(at, &data);
                        let from = usize::try_from(at).unwrap();
                        bytes.resize(bytes.len().max(from + data.len()), 0);
                        bytes[from..from + data.len()].copy_from_slice(&data);
                    }
                    Step::Truncate(len) => {
                        file.truncate(len);
                        bytes.resize(usize::try_from(len).unwrap(), 0);
                    }
                }
                prop_assert_eq!(file.len(), bytes.len() as u64);
                let mut read = vec![9; bytes.len() + 5];
                prop_assert_eq!(file.read(0, &mut read), bytes.len());
                prop_assert_eq!(&read[..bytes.len()], &bytes[..]);
                prop_assert_eq!(&read[bytes.len()..], &[0; 5]);
            }
        }
    }
}

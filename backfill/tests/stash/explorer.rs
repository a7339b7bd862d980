//! All orders in which something can go: a world is built anew for each, and whenever more than one
//! thing can happen next, each of them is what happens next once.

/// Decides what happens next.
pub(crate) struct Chooser {
    /// What was chosen, and of how many.
    path: Vec<(usize, usize)>,
    depth: usize,
}

impl Chooser {
    /// One of `options`, of which there is at least one.
    pub(crate) fn choose(&mut self, options: usize) -> usize {
        if self.depth == self.path.len() {
            self.path.push((0, options));
        }
        let (chosen, before) = self.path[self.depth];
        assert_eq!(before, options, "the same choices lead elsewhere");
        self.depth += 1;
        chosen
    }

    /// Goes on to the next order; whether there is one.
    fn advance(&mut self) -> bool {
        self.depth = 0;
        while let Some((chosen, options)) = self.path.pop() {
            if chosen + 1 < options {
                self.path.push((chosen + 1, options));
                return true;
            }
        }
        false
    }
}

/// Plays every order there is, depth first; how many there are.
pub(crate) fn explore(mut play: impl FnMut(&mut Chooser)) -> u64 {
    let mut chooser = Chooser {
        path: Vec::new(),
        depth: 0,
    };
    let mut orders = 0;
    loop {
        play(&mut chooser);
        orders += 1;
        if !chooser.advance() {
            return orders;
        }
    }
}

#[test]
fn every_order_is_played_once() {
    let mut seen = Vec::new();
    let orders = explore(|chooser| {
        let first = chooser.choose(3);
        let second = if first == 1 { chooser.choose(2) } else { 9 };
        seen.push((first, second));
    });
    assert_eq!(orders, 4);
    assert_eq!(seen, [(0, 9), (1, 0), (1, 1), (2, 9)]);
}

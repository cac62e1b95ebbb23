//! Draws a scope.

use crate::scope::own::{Line, OwnScope, Quorum};
use crate::scope::{Ask, Faults};

/// Draws a valid scope. `choose` picks a number below the given one, each as likely as any other.
pub fn draw(choose: &mut dyn FnMut(usize) -> usize) -> OwnScope {
    loop {
        let drawn = Draw { choose }.scope();
        if drawn.validate().is_ok() {
            return drawn;
        }
    }
}

struct Draw<'a> {
    choose: &'a mut dyn FnMut(usize) -> usize,
}

impl Draw<'_> {
    /// One of these, with the likelihood of its weight.
    fn one_of<T: Copy>(&mut self, weighted: &[(usize, T)]) -> T {
        let total = weighted.iter().map(|(weight, _)| weight).sum();
        let mut left = (self.choose)(total);
        for (weight, item) in weighted {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        unreachable!("the number is below the sum of the weights")
    }

    fn below(&mut self, count: usize) -> usize {
        (self.choose)(count)
    }

    /// True this often in a hundred draws.
    fn is_so(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn scope(&mut self) -> OwnScope {
        let nodes: u16 = self.one_of(&[(4, 1), (36, 2), (40, 3), (14, 4), (6, 5)]);
        let n = 1 + self.below(usize::from(nodes).min(3));
        let (r, w) = (1 + self.below(n), 1 + self.below(n));
        let clients = self.one_of(&[(40, 1), (42, 2), (18, 3)]);
        let clients: Vec<Vec<Line>> = (0..clients).map(|_| self.script(nodes)).collect();
        let faults = self.faults(nodes, &clients);
        OwnScope {
            name: "drawn".to_owned(),
            aim: "Drawn at random.".to_owned(),
            key: "k".to_owned(),
            nodes,
            quorum: Quorum { n, r, w },
            clients,
            faults,
        }
    }

    fn script(&mut self, nodes: u16) -> Vec<Line> {
        let lines = self.one_of(&[(40, 1), (34, 2), (20, 3), (6, 4)]);
        (0..lines).map(|_| self.line(usize::from(nodes))).collect()
    }

    fn line(&mut self, nodes: usize) -> Line {
        let position = self.below(nodes);
        let ask = self.one_of(&[
            (32, Ask::Put),
            (20, Ask::Get),
            (10, Ask::PutOver),
            (10, Ask::Delete),
            (4, Ask::PutInPerson),
            (4, Ask::GetInPerson),
            (8, Ask::Join(position)),
            (8, Ask::Leave(position)),
            (4, Ask::Remove(position)),
        ]);
        let has_own_view = ask.moves().is_none() && self.is_so(8);
        let via = self.below(nodes);
        Line { via: (!has_own_view).then_some(via), ask }
    }

    fn faults(&mut self, nodes: u16, clients: &[Vec<Line>]) -> Faults {
        let asks =
            |is_meant: fn(Ask) -> bool| clients.iter().flatten().any(|line| is_meant(line.ask));
        let timeouts = self.one_of(&[(64, None), (28, Some(0)), (8, Some(1))]);
        let deletes = asks(|ask| ask == Ask::Delete);
        let changes = asks(|ask| ask.moves().is_some());
        let bad_disk = self.is_so(18).then(|| self.below(usize::from(nodes)));
        let is_old = self.is_so(40);
        let gossip = changes && self.is_so(65);
        let exchange = self.is_so(16);
        Faults {
            loss: self.is_so(15),
            duplication: self.is_so(6),
            crashes: usize::from(self.is_so(20)),
            timeouts,
            client_retries: u8::from(self.is_so(18)),
            handoffs: timeouts.map_or(0, |_| self.one_of(&[(60, 1), (20, 2), (20, 0)])),
            lost_disk: bad_disk.filter(|_| !is_old),
            old_disk: bad_disk.filter(|_| is_old),
            reaps: if deletes && self.is_so(60) { 1 + u8::from(self.is_so(20)) } else { 0 },
            gossip,
            exchange,
            small_exchanges: exchange && self.is_so(30),
            moved: None,
            second_key: clients.len() > 1 && self.is_so(10),
            more_histories: if changes && !gossip { self.one_of(&[(50, 0), (50, 2)]) } else { 0 },
            endless: false,
        }
    }
}

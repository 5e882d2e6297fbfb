//! Messages to an actor: zero-delay ones are read in the next round, timed ones at their time.

use std::collections::VecDeque;

use super::{Kernel, Source};

/// The inbox of one actor, one wake-up source.
#[derive(Debug)]
pub(crate) struct Inbox<M> {
    source: Source,
    soon: VecDeque<(u64, M)>,
    later: VecDeque<(u64, M)>,
}

impl<M> Inbox<M> {
    /// An empty inbox that wakes `source`.
    pub(crate) fn new(source: Source) -> Inbox<M> {
        Inbox { source, soon: VecDeque::new(), later: VecDeque::new() }
    }

    /// Deliver `message` after `delay`.
    pub(crate) fn send(&mut self, kernel: &mut Kernel, delay: u64, message: M) {
        if delay == 0 {
            self.soon.push_back((kernel.round(), message));
        } else {
            let at = kernel.now() + delay;
            let place = self.later.partition_point(|(other, _)| *other <= at);
            self.later.insert(place, (at, message));
        }
        kernel.wake(self.source, delay);
    }

    /// Next message due: first those of the previous round, then the timed ones.
    pub(crate) fn next(&mut self, kernel: &Kernel) -> Option<M> {
        if self.soon.front().is_some_and(|(round, _)| *round < kernel.round()) {
            return self.soon.pop_front().map(|(_, message)| message);
        }
        if self.later.front().is_some_and(|(at, _)| *at <= kernel.now()) {
            return self.later.pop_front().map(|(_, message)| message);
        }
        None
    }

    /// Arm the wake-up for the earliest timed message, after the actor has run.
    pub(crate) fn rearm(&self, kernel: &mut Kernel) {
        if let Some((at, _)) = self.later.front() {
            kernel.wake(self.source, at - kernel.now());
        }
    }
}

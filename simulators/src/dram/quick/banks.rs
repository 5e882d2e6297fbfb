//! Banks of the quick path: queues, open rows, earliest times, and the cached winner among them.

use super::delays::{Delays, LANES};
use crate::dram::command::Command;
use crate::dram::config::{PagePolicy, Scheduler};
use crate::dram::workload::Request;

/// Most banks the quick path handles.
pub(super) const MAX_BANKS: usize = 32;
/// Most bank groups the quick path handles.
pub(super) const MAX_GROUPS: usize = 8;
/// Low bits of a key: age of the request.
const AGE_BITS: u32 = 24;
/// Requests whose age fits into a key.
pub(super) const MAX_REQUESTS: usize = 1 << AGE_BITS;
pub(super) const NEVER: u64 = u64::MAX;

/// A bank's queue entry: row and request index in one word.
#[inline]
fn entry(row: u32, index: u32) -> u64 {
    (u64::from(row) << 32) | u64::from(index)
}

#[inline]
fn row_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

#[inline]
fn later(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// No start before `start` plus the delay of its lane. Times are kept as floating-point numbers, exact below
/// 2^53, because the plainest vector units have a maximum of these but not of 64-bit integers.
#[inline]
fn raise(next: &mut [f64; LANES], delays: &[f64; LANES], start: f64) {
    for (next, delay) in next.iter_mut().zip(delays) {
        *next = later(*next, start + delay);
    }
}

/// All banks of the rank.
#[derive(Debug)]
pub(super) struct Banks {
    count: usize,
    groups: usize,
    group_of: [u8; MAX_BANKS],
    /// Bank-local earliest starts, per command.
    bank_next: [[f64; LANES]; MAX_BANKS],
    /// Earliest starts by rank and bank group, per command.
    group_next: [[f64; LANES]; MAX_GROUPS],
    activates: [u64; 4],
    bus_next: u64,
    /// Command each bank wants.
    wants: [u8; MAX_BANKS],
    /// Place in the queue and index of the request each bank serves.
    place: [u32; MAX_BANKS],
    current: [u32; MAX_BANKS],
    /// Banks with a request to serve (bit mask).
    pub(super) pending: u32,
    /// Banks with an open row (bit mask).
    pub(super) open: u32,
    open_row: [u32; MAX_BANKS],
    queue: Vec<u64>,
    stride: usize,
    length: [u32; MAX_BANKS],
    pub(super) last_was_write: bool,
    /// Held back by a forced refresh: banks are not evaluated.
    pub(super) blocked: bool,
    /// Start of the command that goes next and its bank.
    winner_key: u64,
    pub(super) winner_bank: usize,
}

impl Default for Banks {
    fn default() -> Banks {
        Banks {
            count: 0,
            groups: 1,
            group_of: [0; MAX_BANKS],
            bank_next: [[0.0; LANES]; MAX_BANKS],
            group_next: [[0.0; LANES]; MAX_GROUPS],
            activates: [0; 4],
            bus_next: 0,
            wants: [0; MAX_BANKS],
            place: [0; MAX_BANKS],
            current: [0; MAX_BANKS],
            pending: 0,
            open: 0,
            open_row: [0; MAX_BANKS],
            queue: Vec::new(),
            stride: 0,
            length: [0; MAX_BANKS],
            last_was_write: false,
            blocked: false,
            winner_key: NEVER,
            winner_bank: 0,
        }
    }
}

impl Banks {
    /// Empty banks; `stride` is the largest number of requests one bank can hold.
    pub(super) fn reset(&mut self, count: usize, groups: usize, stride: usize) {
        let mut queue = std::mem::take(&mut self.queue);
        queue.clear();
        queue.resize(count * stride, 0);
        *self = Banks { count, groups, queue, stride, ..Banks::default() };
        for bank in 0..count {
            self.group_of[bank] = (bank / (count / groups)) as u8;
        }
    }

    /// Time at which the next bank command starts.
    #[inline]
    pub(super) fn winner_at(&self) -> u64 {
        if self.winner_key == NEVER { NEVER } else { self.winner_key >> AGE_BITS }
    }

    #[inline]
    pub(super) fn wanted(&self, bank: usize) -> Command {
        Command::ALL[usize::from(self.wants[bank])]
    }

    #[inline]
    pub(super) fn current(&self, bank: usize) -> u32 {
        self.current[bank]
    }

    #[inline]
    pub(super) fn queued(&self, bank: usize) -> u32 {
        self.length[bank]
    }

    #[inline]
    fn queue(&self, bank: usize) -> &[u64] {
        let start = bank * self.stride;
        &self.queue[start..start + self.length[bank] as usize]
    }

    #[inline]
    pub(super) fn push(&mut self, bank: usize, row: u32, index: u32) {
        self.queue[bank * self.stride + self.length[bank] as usize] = entry(row, index);
        self.length[bank] += 1;
    }

    /// Remove the request being served.
    #[inline]
    fn remove_current(&mut self, bank: usize) {
        let start = bank * self.stride;
        let (from, end) = (start + self.place[bank] as usize, start + self.length[bank] as usize);
        for place in from + 1..end {
            self.queue[place - 1] = self.queue[place];
        }
        self.length[bank] -= 1;
    }

    /// Earliest start of a command to the whole rank.
    pub(super) fn rank_earliest(&self, command: Command, now: u64) -> u64 {
        let groups = &self.group_next[..self.groups];
        let bound = groups.iter().map(|next| next[command.index()]).fold(0.0, later);
        now.max(bound as u64).max(self.bus_next)
    }

    /// Account for `command` starting at `now`.
    #[inline]
    pub(super) fn start(&mut self, delays: &Delays, command: Command, bank: usize, now: u64) {
        let index = command.index();
        let own = usize::from(self.group_of[bank]);
        let start = now as f64;
        raise(&mut self.bank_next[bank], &delays.bank[index], start);
        for group in 0..self.groups {
            let table = if group == own { &delays.group[index] } else { &delays.rank[index] };
            raise(&mut self.group_next[group], table, start);
        }
        self.bus_next = now + 1;
        if command == Command::Act {
            let slot = self.activates;
            self.activates = [slot[1], slot[2], slot[3], now + delays.window];
            let window = self.activates[0] as f64;
            for next in &mut self.group_next[..self.groups] {
                next[Command::Act as usize] = later(next[Command::Act as usize], window);
            }
        }
    }

    /// Follow a bank command in the bank's state. True if requests of other banks may have changed rank
    /// because the data direction turned.
    #[inline]
    pub(super) fn follow(&mut self, command: Command, bank: usize, requests: &[Request]) -> bool {
        let bit = 1 << bank;
        match command {
            Command::Act => {
                self.open |= bit;
                self.open_row[bank] = requests[self.current[bank] as usize].row;
                false
            }
            Command::Pre => {
                self.open &= !bit;
                false
            }
            _ => {
                self.remove_current(bank);
                if matches!(command, Command::Rda | Command::Wra) {
                    self.open &= !bit;
                }
                let write = !command.is_read();
                std::mem::replace(&mut self.last_was_write, write) != write
            }
        }
    }

    /// Choose the bank's request and command.
    #[inline]
    pub(super) fn evaluate<const PAGE: u8, const SCHEDULER: u8>(
        &mut self,
        bank: usize,
        requests: &[Request],
    ) {
        let bit = 1u32 << bank;
        if self.length[bank] == 0 {
            self.pending &= !bit;
            return;
        }
        self.pending |= bit;
        if self.open & bit == 0 {
            self.place[bank] = 0;
            self.current[bank] = self.queue[bank * self.stride] as u32;
            self.wants[bank] = Command::Act as u8;
            return;
        }
        let row = self.open_row[bank];
        let place = self.choose::<SCHEDULER>(bank, row, requests);
        let chosen = self.queue(bank)[place];
        self.place[bank] = place as u32;
        self.current[bank] = chosen as u32;
        if PAGE != PagePolicy::Closed as u8 && row_of(chosen) != row {
            self.wants[bank] = Command::Pre as u8;
            return;
        }
        let close = match PAGE {
            page if page == PagePolicy::Open as u8 => false,
            page if page == PagePolicy::Closed as u8 => true,
            page if page == PagePolicy::OpenAdaptive as u8 => {
                self.length[bank] >= 2 && !self.has_further_hit::<SCHEDULER>(bank, row)
            }
            _ => !self.has_further_hit::<SCHEDULER>(bank, row),
        };
        let write = requests[chosen as u32 as usize].write;
        self.wants[bank] = Command::Rd as u8 + 2 * u8::from(write) + u8::from(close);
    }

    #[inline]
    fn choose<const SCHEDULER: u8>(&self, bank: usize, row: u32, requests: &[Request]) -> usize {
        if SCHEDULER == Scheduler::Fifo as u8 {
            return 0;
        }
        let queue = self.queue(bank);
        let Some(first) = queue.iter().position(|entry| row_of(*entry) == row) else { return 0 };
        if SCHEDULER == Scheduler::FrFcfs as u8 {
            return first;
        }
        self.grouped(queue, first, row, requests).unwrap_or(first)
    }

    /// The oldest hit in the direction of the last access without an older hit to the same address.
    fn grouped(&self, queue: &[u64], first: usize, row: u32, requests: &[Request]) -> Option<usize> {
        let request = |entry: u64| &requests[entry as u32 as usize];
        (first..queue.len()).find(|place| {
            let candidate = request(queue[*place]);
            row_of(queue[*place]) == row
                && candidate.write == self.last_was_write
                && !queue[first..*place]
                    .iter()
                    .any(|older| row_of(*older) == row && request(*older).column == candidate.column)
        })
    }

    #[inline]
    fn has_further_hit<const SCHEDULER: u8>(&self, bank: usize, row: u32) -> bool {
        let queue = self.queue(bank);
        if SCHEDULER == Scheduler::Fifo as u8 {
            return queue.len() >= 2 && row_of(queue[1]) == row;
        }
        queue.iter().filter(|entry| row_of(**entry) == row).nth(1).is_some()
    }

    /// Start and age of a pending bank's command in one word: the smaller goes first.
    #[inline]
    fn key(&self, bank: usize, now: u64) -> u64 {
        let wants = usize::from(self.wants[bank]) % LANES;
        let group = usize::from(self.group_of[bank]) % MAX_GROUPS;
        let at = later(self.bank_next[bank][wants], self.group_next[group][wants]) as i64 as u64;
        (at.max(now) << AGE_BITS) | u64::from(self.current[bank])
    }

    /// Find the bank that goes next.
    #[inline]
    pub(super) fn scan(&mut self, now: u64) {
        let now = now.max(self.bus_next);
        let (mut best, mut best_bank) = (NEVER, 0);
        let mut left = if self.blocked { 0 } else { self.pending };
        while left != 0 {
            let bank = left.trailing_zeros() as usize % MAX_BANKS;
            left &= left - 1;
            let key = self.key(bank, now);
            if key < best {
                (best, best_bank) = (key, bank);
            }
        }
        (self.winner_key, self.winner_bank) = (best, best_bank);
    }

    /// A bank has been evaluated again: see whether it goes before the winner.
    #[inline]
    pub(super) fn challenge(&mut self, bank: usize, now: u64) {
        if self.winner_key != NEVER && self.winner_bank == bank {
            return self.scan(now);
        }
        let key = self.key(bank, now.max(self.bus_next));
        if key < self.winner_key {
            (self.winner_key, self.winner_bank) = (key, bank);
        }
    }

    pub(super) fn forget_winner(&mut self) {
        self.winner_key = NEVER;
    }

    /// All rows of the rank are closed.
    pub(super) fn close_all(&mut self) {
        self.open = 0;
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }
}

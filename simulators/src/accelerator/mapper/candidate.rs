//! A mapping under search: prime factors in slots, and the changes that turn one mapping into another.

use crate::layer::{DIMS, Dim, Layer};
use crate::random::Random;

use super::super::architecture::{Architecture, MOST_LEVELS};
use super::super::mapping::Mapping;
use super::super::problem::DATA;
use super::{Keep, Rules};

/// Most prime factors of a layer: its work is at most 2⁴⁸.
const MOST_PRIMES: usize = 48;

/// Loops over time of a level, or its children in a row or column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Temporal(u8),
    Spatial(u8, bool),
}

#[derive(Debug, Clone, Copy)]
struct Prime {
    dim: Dim,
    value: u32,
    slot: Slot,
}

#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) mapping: Mapping,
    primes: [Prime; MOST_PRIMES],
    count: usize,
    slots: [Slot; 3 * MOST_LEVELS],
    slot_count: usize,
}

impl Candidate {
    /// All loops at the outermost level; every level keeps what it may.
    pub(super) fn outermost(architecture: &Architecture, layer: &Layer, rules: &Rules) -> Candidate {
        let mut mapping = Mapping::outermost(layer);
        for (keep, rule) in mapping.keep.iter_mut().zip(rules) {
            *keep = rule.map(|rule| rule == Keep::Always);
        }
        let none = Prime { dim: Dim::N, value: 1, slot: Slot::Temporal(0) };
        let mut candidate = Candidate {
            mapping,
            primes: [none; MOST_PRIMES],
            count: 0,
            slots: [Slot::Temporal(0); 3 * MOST_LEVELS],
            slot_count: 0,
        };
        for dim in Dim::ALL {
            candidate.factorise(dim, layer.extent(dim));
        }
        for level in 0..architecture.levels().len() as u8 {
            candidate.offer(Slot::Temporal(level));
            let [row, column] = architecture.fanout(usize::from(level));
            for (children, axis) in [(row, false), (column, true)] {
                if children > 1 {
                    candidate.offer(Slot::Spatial(level, axis));
                }
            }
        }
        candidate
    }

    /// Number of prime factors.
    pub(super) fn factors(&self) -> u64 {
        self.count as u64
    }

    fn offer(&mut self, slot: Slot) {
        self.slots[self.slot_count] = slot;
        self.slot_count += 1;
    }

    fn factorise(&mut self, dim: Dim, mut rest: u32) {
        let mut divisor = 2;
        while rest > 1 {
            if divisor > rest / divisor {
                divisor = rest;
            }
            while rest.is_multiple_of(divisor) {
                self.primes[self.count] = Prime { dim, value: divisor, slot: Slot::Temporal(0) };
                self.count += 1;
                rest /= divisor;
            }
            divisor += 1;
        }
    }

    /// Moves a prime factor to a slot. Where a dimension already spreads along the other axis it stays there.
    fn put(&mut self, place: usize, slot: Slot) {
        let Prime { dim, value, slot: from } = self.primes[place];
        *self.factor(from, dim) /= value;
        let mut slot = slot;
        if let Slot::Spatial(level, column) = slot {
            if self.mapping.spatial[usize::from(level)].factors[dim as usize] > 1 {
                slot = Slot::Spatial(level, self.along_column(level, dim));
            } else {
                self.turn(level, dim, column);
            }
        }
        *self.factor(slot, dim) *= value;
        self.primes[place].slot = slot;
    }

    fn factor(&mut self, slot: Slot, dim: Dim) -> &mut u32 {
        let loops = match slot {
            Slot::Temporal(level) => &mut self.mapping.temporal[usize::from(level)],
            Slot::Spatial(level, _) => &mut self.mapping.spatial[usize::from(level)],
        };
        &mut loops.factors[dim as usize]
    }

    fn along_column(&self, level: u8, dim: Dim) -> bool {
        let level = usize::from(level);
        let place = self.mapping.spatial[level].order.iter().position(|other| *other == dim);
        place.is_some_and(|place| place >= usize::from(self.mapping.split[level]))
    }

    /// Turns a dimension into a row or column of children.
    fn turn(&mut self, level: u8, dim: Dim, column: bool) {
        if self.along_column(level, dim) == column {
            return;
        }
        let level = usize::from(level);
        let order = &mut self.mapping.spatial[level].order;
        let place = order.iter().position(|other| *other == dim).unwrap_or(0);
        if column {
            order[place..].rotate_left(1);
            self.mapping.split[level] -= 1;
        } else {
            order[..=place].rotate_right(1);
            self.mapping.split[level] += 1;
        }
    }

    /// Deals all prime factors to random slots, as far as they fit, in random orders.
    pub(super) fn scatter(
        &mut self,
        architecture: &Architecture,
        rules: &Rules,
        draw: &mut Random,
        fits: &mut dyn FnMut(&Candidate) -> bool,
    ) {
        let levels = architecture.levels().len();
        for loops in &mut self.mapping.temporal[..levels] {
            draw.shuffle(&mut loops.order);
        }
        for (keep, rules) in self.mapping.keep.iter_mut().zip(rules).take(levels).skip(1) {
            for (keep, rule) in keep.iter_mut().zip(rules) {
                if *rule == Keep::Free {
                    *keep = draw.index(2) == 0;
                }
            }
        }
        let mut order: [usize; MOST_PRIMES] = std::array::from_fn(|place| place);
        let order = &mut order[..self.count];
        draw.shuffle(order);
        // Children first: without them everything takes long.
        let (mut spread, mut spreads) = ([Slot::Temporal(0); 2 * MOST_LEVELS], 0);
        for slot in self.slots[..self.slot_count].iter().filter(|slot| matches!(slot, Slot::Spatial(..))) {
            spread[spreads] = *slot;
            spreads += 1;
        }
        for place in order.iter() {
            let before = self.primes[*place].slot;
            let slot = match spreads == 0 || draw.index(3) == 0 {
                true => self.slots[draw.index(self.slot_count)],
                false => spread[draw.index(spreads)],
            };
            self.put(*place, slot);
            if !fits(self) {
                self.put(*place, self.slots[draw.index(self.slot_count)]);
                if !fits(self) {
                    self.put(*place, before);
                }
            }
        }
    }

    /// One random change.
    pub(super) fn change(&mut self, architecture: &Architecture, rules: &Rules, draw: &mut Random) {
        let levels = architecture.levels().len();
        match draw.index(16) {
            0..=4 => self.relocate(draw),
            5..=12 => self.exchange(draw),
            13..=14 => self.reorder(levels, draw),
            _ => self.bypass(levels, rules, draw),
        }
    }

    fn relocate(&mut self, draw: &mut Random) {
        if self.count > 0 {
            let (place, slot) = (draw.index(self.count), self.slots[draw.index(self.slot_count)]);
            self.put(place, slot);
        }
    }

    /// Two prime factors change places, which keeps levels as full as they were.
    fn exchange(&mut self, draw: &mut Random) {
        if self.count > 1 {
            let (a, b) = (draw.index(self.count), draw.index(self.count));
            let (from, to) = (self.primes[a].slot, self.primes[b].slot);
            self.put(a, to);
            self.put(b, from);
        }
    }

    /// A loop moves to the inside of its level, or anywhere in it.
    fn reorder(&mut self, levels: usize, draw: &mut Random) {
        let order = &mut self.mapping.temporal[draw.index(levels)].order;
        let from = draw.index(DIMS);
        let to = if draw.index(2) == 0 { 0 } else { draw.index(DIMS) };
        match from < to {
            true => order[from..=to].rotate_left(1),
            false => order[to..=from].rotate_right(1),
        }
    }

    fn bypass(&mut self, levels: usize, rules: &Rules, draw: &mut Random) {
        let (level, data) = (draw.index(levels), draw.index(DATA));
        if level > 0 && rules[level][data] == Keep::Free {
            self.mapping.keep[level][data] ^= true;
        } else {
            self.reorder(levels, draw);
        }
    }
}

//! Kauffman's NK landscape (The Origins of Order, 1993), N = 16 switches with K = 3.
//!
//! Each switch contributes an amount that depends on itself and on three other switches. The table of amounts is
//! drawn once, at compile time, from a fixed seed; the optimum was found by trying all 2^16 designs, which a test
//! repeats.

use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter, Value};
use rl_env::problem::Outcome;
use rl_env::registry::Named;

use super::{COST, Landscape, cost};

const N: usize = 16;
const K: usize = 3;

/// Distances to the partners of a switch: no two switches read the same set, and none reads only neighbours.
const PARTNERS: [usize; K] = [1, 5, 11];

/// Seed of the table.
const SEED: u64 = 1993;

/// Contribution of each switch for each state of itself and its partners, in units of 1/65535.
const TABLE: [[u16; 1 << (K + 1)]; N] = table();

/// The optimum, switch 0 first.
const OPTIMUM: [u8; N] = [1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0];

pub(super) const NK: Landscape = Landscape {
    named: Named { name: "nk", doc: "Kauffman's NK landscape, N = 16 switches, K = 3: rugged and discrete." },
    metrics: COST,
    space,
    evaluate,
    optimum,
};

/// Filled by SplitMix64 (Steele, Lea and Flood 2014).
const fn table() -> [[u16; 1 << (K + 1)]; N] {
    let mut table = [[0; 1 << (K + 1)]; N];
    let mut state = SEED;
    let mut cell = 0;
    while cell < N << (K + 1) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        table[cell >> (K + 1)][cell % (1 << (K + 1))] = ((z ^ (z >> 31)) >> 48) as u16;
        cell += 1;
    }
    table
}

fn space() -> Result<DesignSpace, Error> {
    DesignSpace::new((0..N).map(|i| Parameter::bool(format!("b{i}")).doc("Switch.")).collect())
}

fn optimum() -> (Design, f64) {
    let bits = OPTIMUM.iter().enumerate().fold(0, |bits, (i, on)| bits | u32::from(*on) << i);
    (Design(OPTIMUM.iter().map(|on| Value::Bool(*on == 1)).collect()), cost_of(bits))
}

fn evaluate(design: &Design) -> Outcome {
    let bits = (0..N).fold(0, |bits, i| bits | u32::from(design.bool(i)) << i);
    cost(cost_of(bits))
}

/// One minus the mean contribution. Summed in whole numbers, so the order of summation cannot matter.
fn cost_of(bits: u32) -> f64 {
    let bit = |i: usize| (bits >> (i % N) & 1) as usize;
    let contribution = |i: usize| {
        let state = PARTNERS.iter().fold(bit(i), |state, step| state << 1 | bit(i + step));
        u32::from(TABLE[i][state])
    };
    let total: u32 = (0..N).map(contribution).sum();
    1.0 - f64::from(total) / (N as f64 * f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optimum_is_the_best_of_all_designs_and_the_only_one() {
        let best = (0..1 << N).min_by(|a, b| cost_of(*a).total_cmp(&cost_of(*b))).unwrap();
        let bits: Vec<u32> = (0..N).map(|i| best >> i & 1).collect();
        assert_eq!(bits, OPTIMUM.map(u32::from), "the best design is {bits:?}");
        assert_eq!((0..1 << N).filter(|other| cost_of(*other) <= cost_of(best)).count(), 1);
    }

    #[test]
    fn one_flip_changes_the_switch_and_its_three_readers() {
        for i in 0..N {
            let readers = (0..N).filter(|j| *j == i || PARTNERS.iter().any(|step| (j + step) % N == i));
            assert_eq!(readers.count(), K + 1);
        }
    }

    #[test]
    fn the_landscape_is_rugged() {
        let beats = |bits: u32, i: usize| cost_of(bits) <= cost_of(bits ^ 1 << i);
        let optima = (0..1u32 << N).filter(|bits| (0..N).all(|i| beats(*bits, i))).count();
        assert!(optima > 10, "{optima} local optima");
    }
}

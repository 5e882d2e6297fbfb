//! Energy and area of memories by size.

use super::block::{ENERGY_SCALE, MemoryKind};
use super::memory_rows::{DRAM, SRAM};

/// Bytes between two rows of the table.
const STEP_BYTES: u64 = 256_000;
/// A memory holds at least so much.
const LEAST_BYTES: f64 = 2048.0;
/// Bytes an access of the tabled port.
const PORT_BYTES: f64 = 16.0;
/// Scaling of the tabled area to the technology, ArchGym's.
const AREA_SCALE: f64 = 0.07;

/// A tabled memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// Size, in steps.
    steps: u32,
    /// Energy of an access in nJ: write, read.
    energy_nj: [f64; 2],
    area_mm2: f64,
}

pub(super) const fn row(steps: u32, read_nj: f64, write_nj: f64, area_mm2: f64) -> Row {
    Row { steps, energy_nj: [write_nj, read_nj], area_mm2 }
}

/// Energy and area of a memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    /// J a byte: write, read.
    pub(super) joules_per_byte: [f64; 2],
    pub(super) area_m2: f64,
}

/// Most bytes of a memory of the kind.
pub(super) fn most_bytes(kind: MemoryKind) -> u64 {
    rows(kind).last().map_or(0, |row| u64::from(row.steps) * STEP_BYTES)
}

fn rows(kind: MemoryKind) -> &'static [Row] {
    match kind {
        MemoryKind::Dram => DRAM,
        MemoryKind::Sram => SRAM,
    }
}

/// The figures of a memory that holds `bytes` (a whole number) at its peak: those of the next larger row. The few
/// sizes of SRAM within the table but not in it are on the line between their neighbours. None beyond the table.
pub(super) fn figures(kind: MemoryKind, bytes: f64) -> Option<Figures> {
    let rows = rows(kind);
    let steps = (bytes.max(LEAST_BYTES) / STEP_BYTES as f64).ceil();
    if steps > f64::from(rows.last()?.steps) {
        return None;
    }
    let steps = steps as u32;
    // Most tables have no gaps at their start.
    let guess = rows.get(steps as usize - 1).filter(|row| row.steps == steps);
    let at = match guess {
        Some(_) => steps as usize - 1,
        None => rows.partition_point(|row| row.steps < steps),
    };
    let upper = rows.get(at)?;
    if upper.steps == steps {
        return Some(scaled(upper.energy_nj, upper.area_mm2));
    }
    let lower = rows.get(at.checked_sub(1)?)?;
    let share = f64::from(steps - lower.steps) / f64::from(upper.steps - lower.steps);
    let between = |low: f64, high: f64| low + share * (high - low);
    let energy = [0, 1].map(|dir| between(lower.energy_nj[dir], upper.energy_nj[dir]));
    Some(scaled(energy, between(lower.area_mm2, upper.area_mm2)))
}

fn scaled(energy_nj: [f64; 2], area_mm2: f64) -> Figures {
    Figures {
        joules_per_byte: energy_nj.map(|nj| nj * 1e-9 / PORT_BYTES * ENERGY_SCALE),
        area_m2: area_mm2 * 1e-6 * AREA_SCALE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_takes_the_next_larger_row() {
        let one = figures(MemoryKind::Dram, 256_000.0);
        assert_eq!(figures(MemoryKind::Dram, 0.0), one);
        assert_eq!(figures(MemoryKind::Dram, 1.0), one);
        let two = figures(MemoryKind::Dram, 256_001.0);
        assert_ne!(one, two);
        assert_eq!(two, figures(MemoryKind::Dram, 512_000.0));
    }

    #[test]
    fn a_gap_of_the_sram_table_is_on_the_line_between_its_neighbours() {
        // Rows 43 and 52 are there, 44 to 51 are not.
        let at = |steps: u64| figures(MemoryKind::Sram, (steps * STEP_BYTES) as f64).unwrap().area_m2;
        let wanted = at(43) + (at(52) - at(43)) * 4.0 / 9.0;
        assert!((at(47) - wanted).abs() < 1e-12 * wanted);
    }

    #[test]
    fn nothing_is_said_beyond_the_table() {
        for kind in [MemoryKind::Dram, MemoryKind::Sram] {
            let most = most_bytes(kind) as f64;
            assert!(figures(kind, most).is_some());
            assert!(figures(kind, most + 1.0).is_none());
        }
    }
}

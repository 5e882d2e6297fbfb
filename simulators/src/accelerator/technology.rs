//! Energy and area of memories and multipliers in 45 nm, as data.
//!
//! Arrays of SRAM are CACTI's (low standby power, one port), between its sizes by power laws. Registers follow the
//! Aladdin tables that ship with Accelergy. Multipliers and DRAM are those of the same tables.

/// An array as CACTI computes it for words of 64 bits: bytes, read and write energy in pJ, area in µm².
struct Array {
    bytes: f64,
    read_pj: f64,
    write_pj: f64,
    area_um2: f64,
}

const fn array(bytes: f64, read_pj: f64, write_pj: f64, area_um2: f64) -> Array {
    Array { bytes, read_pj, write_pj, area_um2 }
}

/// The smallest four are arrays of 32 bits, brought to 64 by the ratio of the two widths at 8 KiB.
#[rustfmt::skip] // one row a line
const SRAM: &[Array] = &[
    array(512.0, 0.9899, 2.8899, 1894.0),
    array(1024.0, 1.5483, 3.3967, 3431.9),
    array(2048.0, 2.6104, 4.3335, 7220.1),
    array(4096.0, 3.3472, 6.1377, 13_180.6),
    array(8192.0, 6.1370, 7.8781, 26_267.3),
    array(16_384.0, 11.6097, 10.6968, 50_742.0),
    array(32_768.0, 17.0418, 15.3975, 94_859.7),
    array(65_536.0, 25.8695, 19.6486, 209_046.0),
    array(131_072.0, 32.2859, 26.0650, 429_589.0),
    array(262_144.0, 44.7157, 38.4949, 872_093.0),
    array(524_288.0, 68.3493, 51.3460, 1_644_630.0),
    array(1_048_576.0, 93.5192, 76.1829, 3_262_830.0),
];

/// What a memory costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Energy of reading a block in pJ.
    pub read_pj: f64,
    /// Energy of writing a block in pJ.
    pub write_pj: f64,
    /// Area in µm².
    pub area_um2: f64,
}

/// How a memory is built: Accelergy's classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Registers.
    Regfile,
    /// SRAM with generators of addresses.
    SmartbufferSram,
    /// Registers with generators of addresses.
    SmartbufferRf,
    /// SRAM.
    Sram,
}

impl Class {
    /// All classes, in ArchGym's order.
    pub const ALL: &[Class] = &[Class::Regfile, Class::SmartbufferSram, Class::SmartbufferRf, Class::Sram];

    /// Its name there.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Regfile => "regfile",
            Class::SmartbufferSram => "smartbuffer_SRAM",
            Class::SmartbufferRf => "smartbuffer_RF",
            Class::Sram => "SRAM",
        }
    }
}

/// Energy of a 16-bit multiply-accumulate on random data in pJ.
pub const MAC_PJ: f64 = 2.20035;

/// Area of its unit in µm².
pub const MAC_UM2: f64 = 1239.5;

/// Energy of a bit of LPDDR4 in pJ.
pub const LPDDR4_PJ_PER_BIT: f64 = 8.0;

/// Two generators of addresses of a smart buffer: energy an access in pJ, area in µm².
const ADDRESSES: (f64, f64) = (0.09, 600.0);

/// Registers: energy of 16 bits of 16 in pJ, growth with their number, area of 16 bits in µm².
const REGISTERS: (f64, f64, f64) = (0.144, 0.82, 15.0);

/// Share of the difference between a whole array and one of its banks that an access pays for the way there.
const WAY_TO_BANK: f64 = 0.25;

/// Cost of a memory of `depth` blocks of `width` bits in `banks`.
///
/// The arguments are at least 1; the result is finite and positive.
#[must_use]
pub fn memory(class: Class, depth: u64, width: u32, banks: u32) -> Cost {
    let (depth, width, banks) = (depth.max(1) as f64, f64::from(width.max(1)), f64::from(banks.max(1)));
    let cost = match class {
        Class::Regfile | Class::SmartbufferRf => registers(depth, width),
        Class::Sram | Class::SmartbufferSram => sram(depth, width, banks),
    };
    match class {
        Class::Regfile | Class::Sram => cost,
        Class::SmartbufferSram | Class::SmartbufferRf => Cost {
            read_pj: cost.read_pj + ADDRESSES.0,
            write_pj: cost.write_pj + ADDRESSES.0,
            area_um2: cost.area_um2 + ADDRESSES.1,
        },
    }
}

fn registers(depth: f64, width: f64) -> Cost {
    let (pj, growth, um2) = REGISTERS;
    let access = pj * libm::pow(depth / 16.0, growth) * width / 16.0;
    Cost { read_pj: access, write_pj: access, area_um2: um2 * depth * width / 16.0 }
}

fn sram(depth: f64, width: f64, banks: f64) -> Cost {
    let bytes = depth * width / 8.0;
    let (whole, bank) = (interpolated(bytes), interpolated(bytes / banks));
    let way = |whole: f64, bank: f64| bank + WAY_TO_BANK * (whole - bank).max(0.0);
    // Half of an access of 64 bits goes with the width: CACTI's 32 bits need 0.85 of it at 8 KiB, 0.69 at 64 KiB.
    let share = 0.5 + 0.5 * width / 64.0;
    Cost {
        read_pj: share * way(whole.read_pj, bank.read_pj),
        write_pj: share * way(whole.write_pj, bank.write_pj),
        area_um2: banks * bank.area_um2,
    }
}

/// Between two arrays, and beyond the ends, along the power law through the nearest two.
fn interpolated(bytes: f64) -> Cost {
    let above = SRAM.iter().position(|array| array.bytes >= bytes).unwrap_or(SRAM.len() - 1).max(1);
    let (low, high) = (&SRAM[above - 1], &SRAM[above]);
    let place = libm::log(bytes / low.bytes) / libm::log(high.bytes / low.bytes);
    let between = |low: f64, high: f64| low * libm::pow(high / low, place);
    Cost {
        read_pj: between(low.read_pj, high.read_pj),
        write_pj: between(low.write_pj, high.write_pj),
        area_um2: between(low.area_um2, high.area_um2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_the_table_costs_what_the_table_says() {
        let cost = memory(Class::Sram, 8192, 64, 1);
        assert!((cost.read_pj - 25.8695).abs() < 1e-9 && (cost.area_um2 - 209_046.0).abs() < 1e-6);
    }

    #[test]
    fn larger_memories_cost_more_and_banks_save_energy() {
        for class in Class::ALL {
            let costs: Vec<Cost> = (1..24).map(|log| memory(*class, 1 << log, 16, 1)).collect();
            assert!(costs.windows(2).all(|pair| pair[0].read_pj < pair[1].read_pj), "{class:?}");
            assert!(costs.windows(2).all(|pair| pair[0].area_um2 < pair[1].area_um2), "{class:?}");
        }
        assert!(memory(Class::Sram, 1 << 14, 64, 32).read_pj < memory(Class::Sram, 1 << 14, 64, 1).read_pj);
    }

    #[test]
    fn generators_of_addresses_come_on_top() {
        let (plain, smart) = (memory(Class::Regfile, 16, 16, 1), memory(Class::SmartbufferRf, 16, 16, 1));
        assert!((smart.read_pj - plain.read_pj - 0.09).abs() < 1e-12 && smart.area_um2 > plain.area_um2);
    }
}

//! What a mapping costs: MAESTRO's columns.

use serde::Serialize;

use super::problem::Hardware;

/// Least, most and mean cycles of a delay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Delays {
    /// Least.
    pub least: i64,
    /// Most.
    pub most: i64,
    /// Mean over occurrences, rounded down.
    pub mean: i64,
    #[serde(skip)]
    sum: i128,
    #[serde(skip)]
    some: bool,
}

impl Delays {
    pub(super) fn add(&mut self, delay: i64, occurrences: i64) {
        self.least = if self.some { self.least.min(delay) } else { delay };
        self.most = if self.some { self.most.max(delay) } else { delay };
        self.some = true;
        self.sum += i128::from(occurrences) * i128::from(delay);
    }

    pub(super) fn mean_over(mut self, occurrences: i64) -> Delays {
        self.mean = (self.sum / i128::from(occurrences.max(1))) as i64;
        self
    }
}

/// What a mapping costs. Arrays are inputs, weights, outputs; words are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Report {
    /// Cycles.
    pub runtime: i64,
    /// Multiplications as the model counts them, which strides and overlap may change.
    pub macs: i64,
    /// Words read of the memories of elements.
    pub l1_reads: [i64; 3],
    /// Words written to them.
    pub l1_writes: [i64; 3],
    /// Words read of the shared memory.
    pub l2_reads: [i64; 3],
    /// Words written to it.
    pub l2_writes: [i64; 3],
    /// Words that an element needs, doubled for double buffering.
    pub l1_words: i64,
    /// Words that the shared memory needs, likewise.
    pub l2_words: i64,
    /// Highest demand on the network in words a cycle.
    pub peak_bandwidth: i64,
    /// Mean demand.
    pub mean_bandwidth: f64,
    /// Demand on the outside, as the original computes it: it depends on the order of cases.
    pub offchip_bandwidth: i64,
    /// Cycles of moving words in, of moving them out, and of computing.
    pub delays: [Delays; 3],
    /// Elements at work, as a mean over time.
    pub active: f64,
    /// Partial sums for each word moved in, of the last case.
    pub intensity: f64,
    /// Words of the inputs.
    pub input_words: i64,
    /// Words of the weights.
    pub weight_words: i64,
    /// Levels of clusters.
    pub levels: usize,
    /// The hardware.
    pub hardware: Hardware,
}

/// Energy of a multiplication in nJ; of accesses to the shared memory and an element's, relative to it.
const MAC_NJ: f64 = 0.00023;
const L2_MACS: f64 = 18.61;
const L1_MACS: f64 = 1.68;

impl Report {
    /// Energy of the memories in nJ. With `bug_compatible_energy`, accesses to the memories of elements count only if
    /// there is a single level of clusters: the original adds those of the layer before, and GAMMA and ArchGym, which
    /// evaluate one layer at a time, rely on what that gives. Multiplications never count.
    #[must_use]
    pub fn energy_nj(&self, bug_compatible_energy: bool) -> f64 {
        let total = |words: [i64; 3]| words.map(|words| words as f64).iter().sum::<f64>();
        let [inputs, weights, _] = self.l2_reads;
        let l2 = inputs as f64 + weights as f64 + total(self.l2_writes);
        let forgotten = bug_compatible_energy && self.levels > 1;
        let l1 = if forgotten { 0.0 } else { total(self.l1_reads) + total(self.l1_writes) };
        MAC_NJ * (L2_MACS * l2 + L1_MACS * l1)
    }

    /// Multiplications a cycle.
    #[must_use]
    pub fn throughput(&self) -> f64 {
        self.macs as f64 / self.runtime as f64
    }

    /// Area in µm²: elements, their memories, the shared one, and the network.
    #[must_use]
    pub fn area_um2(&self) -> f64 {
        let [pes, simd, bandwidth] = self.built();
        let elements = pes * (283.0 * simd + 0.104 * self.l1_words.max(1) as f64);
        let network = 101.7938 * (14.662 * pes + 28.895) * bandwidth;
        elements + 0.104 * self.l2_words.max(1) as f64 + network + 395.473 * arbiter(pes).max(1.0)
    }

    fn built(&self) -> [f64; 3] {
        [self.hardware.pes as f64, self.hardware.simd as f64, self.hardware.noc_bandwidth as f64]
    }

    /// Power in mW: of elements, their memories, the shared one, and the network.
    #[must_use]
    pub fn powers_mw(&self) -> [f64; 4] {
        let [pes, simd, bandwidth] = self.built();
        let network = 0.8 * (14.662 * pes + 28.895) / 1000.0 * bandwidth;
        [
            pes * 1.2223 * simd,
            pes * 0.00345 * self.l1_words.max(1) as f64,
            0.00345 * self.l2_words.max(1) as f64,
            network + (0.34 * arbiter(pes) / 1000.0).max(0.34),
        ]
    }

    /// Power in mW.
    #[must_use]
    pub fn power_mw(&self) -> f64 {
        self.powers_mw().iter().sum()
    }

    /// Reads for each write of an element's memory: inputs, weights.
    #[must_use]
    pub fn reuse(&self) -> [f64; 2] {
        [0, 1].map(|data| self.l1_reads[data] as f64 / self.l1_writes[data] as f64)
    }

    /// A column of MAESTRO's table by its name there; none of another name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<f64> {
        let count = |words: i64| Some(words as f64);
        for (place, data) in ["input", "filter", "output"].into_iter().enumerate() {
            let Some(rest) = name.strip_prefix(data) else { continue };
            return match rest {
                " l1 read" => count(self.l1_reads[place]),
                " l1 write" => count(self.l1_writes[place]),
                " l2 read" => count(self.l2_reads[place]),
                " l2 write" => count(self.l2_writes[place]),
                " reuse factor" => Some(self.reuse().get(place).copied().unwrap_or(1.0)),
                _ => None,
            };
        }
        for (place, delay) in ["Ingress Delay", "Egress Delay", "Compute Delay"].into_iter().enumerate() {
            let Some(rest) = name.strip_prefix(delay) else { continue };
            let delays = &self.delays[place];
            return match rest {
                " (Min)" => count(delays.least),
                " (Max)" => count(delays.most),
                " (Avg)" => count(delays.mean),
                _ => None,
            };
        }
        let energy = self.energy_nj(true);
        let value = match name {
            "NumPEs" => self.hardware.pes as f64,
            "Runtime (Cycles)" => self.runtime as f64,
            "Activity count-based Energy (nJ)" => energy,
            "Throughput (MACs/Cycle)" => self.throughput(),
            "Throughput Per Energy (GMACs/s*J)" => self.throughput() / energy * 1e9,
            "Area" => self.area_um2(),
            "Power" => self.power_mw(),
            "NoC BW Req (Elements/cycle)" | "Peak BW Req" => self.peak_bandwidth as f64,
            "Avg BW Req" => self.mean_bandwidth,
            "Vector Width" => self.hardware.simd as f64,
            "Offchip BW Req (Elements/cycle)" => self.offchip_bandwidth as f64,
            "L2 SRAM Size Req (Bytes)" => self.l2_words as f64,
            "L1 SRAM Size Req (Bytes)" => self.l1_words as f64,
            "Multicasting Factor (Weight)" | "Multicasting Factor (Input)" => 1.0,
            "Num Total Input Pixels" => self.input_words as f64,
            "Num Total Weight Pixels" => self.weight_words as f64,
            "Ops/J" => self.macs as f64 / energy * 1e9,
            "Num MACs" => self.macs as f64,
            "PE power" => self.powers_mw()[0],
            "L1 power" => self.powers_mw()[1],
            "L2 power" => self.powers_mw()[2],
            "NOC power" => self.powers_mw()[3],
            "Avg number of utilized PEs" => self.active,
            "Arithmetic Intensity" => self.intensity,
            _ => return None,
        };
        Some(value)
    }
}

fn arbiter(pes: f64) -> f64 {
    1.2886 * pes * pes + 5.5814 * pes - 23.711
}

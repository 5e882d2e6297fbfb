//! Energy, power, area and development cost of a run.

use super::block::{Block, MemoryKind};
use super::design::Soc;
use super::graph::TaskKind;
use super::memory_table::{Figures, figures, most_bytes};
use super::phases::Run;
use super::report::{Area, Report};
use super::tables::Tables;
use super::wiring::bits;
use super::workload::{MAX_APPLICATIONS, Workload};
use super::{Fidelity, SocError};

/// Length of a window of power, in s.
const WINDOW_S: f64 = 0.01;
/// Bytes of a unit of memory in the development cost.
const COST_BYTES: f64 = 1_048_576.0;
/// Effort for an instruction on hardware of its own, relative to a processor; for a unit of memory, an interconnect
/// and a block on the way of a task to a memory.
const ACCELERATOR_EFFORT: f64 = 100.0;
const EFFORT: f64 = 0.1;

/// What a run adds up to.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// Figures of each memory; those without data have none.
    pub(super) memories: Vec<Option<Figures>>,
    /// Joules an instruction of each task on its processing element, and in memories.
    pub(super) task_joules: Vec<f64>,
    pub(super) phase_joules: Vec<f64>,
}

impl Metrics {
    pub(super) fn add_up(
        &mut self,
        design: &Soc,
        workload: &Workload,
        tables: &Tables,
        run: &Run,
        fidelity: Fidelity,
    ) -> Result<Report, SocError> {
        self.size_memories(design, tables, run)?;
        self.spend(design, workload, tables, run);
        let mut latency_s = [0.0; MAX_APPLICATIONS];
        for (slot, application) in latency_s.iter_mut().zip(&workload.applications) {
            *slot = run.end_s[application.last_task];
        }
        let (area, effort) = self.build(design, workload, tables, run);
        Ok(Report {
            latency_s,
            applications: workload.applications.len(),
            energy_j: self.phase_joules.iter().sum(),
            power_w: self.power_w(run, fidelity),
            area,
            development_cost: effort + EFFORT * f64::from(tables.routed.count_ones() + tables.hops),
            phases: run.phases.len(),
        })
    }

    fn size_memories(&mut self, design: &Soc, tables: &Tables, run: &Run) -> Result<(), SocError> {
        self.memories.clear();
        for (number, memory) in tables.wiring.memories.iter().enumerate() {
            if tables.used >> number & 1 == 0 {
                self.memories.push(None);
                continue;
            }
            let place = usize::from(memory.block);
            let Block::Memory { kind, .. } = design.blocks[place] else { continue };
            let bytes = run.peak[number].ceil();
            let Some(row) = figures(kind, bytes) else {
                return Err(SocError::TooLarge {
                    memory: place,
                    bytes: bytes as u64,
                    kind: kind.name(),
                    most: most_bytes(kind),
                });
            };
            self.memories.push(Some(row));
        }
        Ok(())
    }

    /// Energy of each phase. Nothing is spent at rest, nor by interconnects.
    fn spend(&mut self, design: &Soc, workload: &Workload, tables: &Tables, run: &Run) {
        self.task_joules.clear();
        for (task, row) in workload.tasks.iter().enumerate() {
            let mut joules = 0.0;
            if row.kind == TaskKind::Compute {
                joules = design.blocks[design.task_pe[task]].joules_per_instruction(workload);
                for used in tables.uses(task) {
                    let figures = self.memories[usize::from(used.memory)];
                    let byte = figures.map_or(0.0, |row| row.joules_per_byte[usize::from(used.dir)]);
                    joules += used.ratio * byte;
                }
            }
            self.task_joules.push(joules);
        }
        self.phase_joules.clear();
        let mut from = 0;
        for phase in &run.phases {
            let entries = &run.log[from..phase.end as usize];
            from = phase.end as usize;
            let joules = entries.iter().map(|entry| entry.work * self.task_joules[usize::from(entry.task)]);
            self.phase_joules.push(joules.sum());
        }
    }

    /// The highest power of any window. FARSI counts only phases that take time when it cuts windows, and then takes
    /// those windows from the list of all phases.
    fn power_w(&self, run: &Run, fidelity: Fidelity) -> f64 {
        let all = run.phases.len();
        let mut highest: f64 = 0.0;
        let mut measure = |from: usize, to: usize| {
            let seconds: f64 = run.phases[from..to].iter().map(|phase| phase.seconds).sum();
            if seconds > 0.0 {
                let joules: f64 = self.phase_joules[from..to].iter().sum();
                highest = highest.max(joules / seconds);
            }
        };
        let (mut from, mut at, mut left) = (0, 0, WINDOW_S);
        for phase in &run.phases {
            if phase.seconds == 0.0 {
                at += usize::from(fidelity == Fidelity::Corrected);
                continue;
            }
            if phase.seconds > left {
                left = WINDOW_S;
                measure(from, at + 1);
                from = at + 1;
            } else {
                left -= phase.seconds;
            }
            at += 1;
        }
        measure(from, all);
        highest
    }

    /// Area, and the effort for processing elements and memories. Only blocks with tasks or data count.
    fn build(&self, design: &Soc, workload: &Workload, tables: &Tables, run: &Run) -> (Area, f64) {
        let (mut area, mut effort) = (Area::default(), 0.0);
        // Processors that run more than sources and sinks: only those have an area.
        let mut counted = 0u64;
        for (task, row) in workload.tasks.iter().enumerate() {
            let block = &design.blocks[design.task_pe[task]];
            match block {
                Block::Accelerator { .. } => {
                    area.accelerators_m2 += block.area_m2(workload);
                    effort += ACCELERATOR_EFFORT * row.work / workload.least_work;
                }
                _ => {
                    let bit = 1 << tables.wiring.pe[task];
                    let counts = matches!(row.kind, TaskKind::Compute | TaskKind::Join);
                    if counts && counted & bit == 0 {
                        counted |= bit;
                        area.processors_m2 += block.area_m2(workload);
                    }
                    effort += row.effort;
                }
            }
        }
        for number in bits(tables.used) {
            let place = usize::from(tables.wiring.memories[number].block);
            let area_m2 = self.memories[number].map_or(0.0, |row| row.area_m2);
            match design.blocks[place] {
                Block::Memory { kind: MemoryKind::Dram, .. } => area.dram_m2 += area_m2,
                _ => area.sram_m2 += area_m2,
            }
            effort += EFFORT * (run.peak[number].ceil() / COST_BYTES).ceil();
        }
        (area, effort)
    }
}

//! The recursion over levels of clusters, and what the outermost adds up.

use super::DataflowError;
use super::mapping::Mapping;
use super::plan::{Level, MOST_DIRECTIVES, plan};
use super::problem::{DIMS, Hardware, Problem};
use super::report::{Delays, Report};
use super::state::{Cases, State};
use super::traffic::{Case, Moved};

/// Storage that is used again.
#[derive(Debug, Default)]
pub struct Scratch {
    /// What sub-clusters of each level needed for dimensions met before, within one evaluation.
    known: Vec<Vec<([i64; DIMS], Needed)>>,
}

/// What a sub-cluster needs.
#[derive(Debug, Clone, Copy, Default)]
struct Needed {
    runtime: i64,
    /// Elements at work, as a mean over time.
    active: f64,
}

/// Evaluates a mapping of a layer on hardware.
///
/// # Errors
/// Hardware that [`Hardware::checked`] refuses, a mapping that makes no sense for the layer, counts beyond 64 bits, or
/// clusters without work.
pub fn evaluate(
    hardware: &Hardware,
    problem: &Problem,
    mapping: &Mapping,
    scratch: &mut Scratch,
) -> Result<Report, DataflowError> {
    let hardware = hardware.checked()?;
    let levels = plan(&hardware, problem, mapping)?;
    scratch.known.resize_with(levels.len(), Vec::new);
    scratch.known.iter_mut().for_each(Vec::clear);
    let mut sum = Sum::default();
    let model = Model { hardware, problem, levels: &levels };
    let needed = model.analyse(0, &problem.sizes, scratch, Some(&mut sum))?;
    if sum.cases == 0 {
        return Err(DataflowError::NoWork);
    }
    model.report(&sum, needed)
}

/// What the outermost level adds up, wide enough for every product of counts.
#[derive(Debug, Default)]
struct Sum {
    cases: i64,
    ingress: [i128; 2],
    egress: i128,
    /// Partial sums of the cases that run, and of all.
    macs: i128,
    sums: i128,
    requirement: [i64; 3],
    peak: i64,
    bandwidth: i128,
    offchip: i64,
    intensity: f64,
    delays: [Delays; 3],
}

struct Model<'a> {
    hardware: Hardware,
    problem: &'a Problem,
    levels: &'a [Level],
}

impl Model<'_> {
    fn analyse(
        &self,
        at: usize,
        dims: &[i64; DIMS],
        scratch: &mut Scratch,
        mut sum: Option<&mut Sum>,
    ) -> Result<Needed, DataflowError> {
        let level = &self.levels[at];
        let cases = Cases::new(level, dims);
        let mut states = [State::default(); MOST_DIRECTIVES];
        let (mut runtime, mut occurred, mut active) = (0i128, 0i64, 0.0);
        for number in 0..cases.count {
            let occurrences = cases.case(number, &mut states);
            let case = Case::new(self.problem.operator, level, &states);
            let moved = case.moved();
            if let Some(sum) = sum.as_deref_mut() {
                sum.begin(number, &moved, occurrences);
            }
            if moved.critical <= 0 {
                continue;
            }
            let (compute, busy) = self.compute(at, &states, &moved, scratch)?;
            let delays = self.delays(&moved, compute);
            let mut time = delays[0] + compute;
            if !case.initial() {
                time = compute.max(delays[0]).max(delays[1]);
            }
            if let Some(sum) = sum.as_deref_mut() {
                if compute <= 0 {
                    return Err(DataflowError::NoWork);
                }
                time = time.max(self.offchip(&sum.requirement));
                sum.add(&moved, occurrences, delays);
            }
            runtime += i128::from(occurrences) * i128::from(time);
            occurred += occurrences;
            active += occurrences as f64 * busy;
        }
        let runtime = narrow(runtime, "cycles")?;
        if let Some(sum) = sum {
            sum.cases = occurred;
        }
        Ok(Needed { runtime, active: if occurred > 0 { active / occurred as f64 } else { 0.0 } })
    }

    /// Cycles of computing, and elements at work.
    fn compute(
        &self,
        at: usize,
        states: &[State; MOST_DIRECTIVES],
        moved: &Moved,
        scratch: &mut Scratch,
    ) -> Result<(i64, f64), DataflowError> {
        let level = &self.levels[at];
        let state = level.last_spatial.map(|place| states[place]).unwrap_or_default();
        let subs = if state.edge { level.edge } else { level.subs };
        if at + 1 == self.levels.len() {
            return Ok((ceil(moved.critical, self.hardware.simd), subs as f64));
        }
        let (mut delay, mut active) = (0, 0.0);
        let partial = state.edge && state.partial;
        let whole = if partial { subs - 1 } else { subs };
        for (count, last) in [(i64::from(partial), true), (whole, false)] {
            if count > 0 {
                let needed = self.sub(at, states, last, scratch)?;
                delay = delay.max(needed.runtime);
                active += needed.active * count as f64;
            }
        }
        Ok((delay, active))
    }

    /// A sub-cluster in a case: the last one in use, or any other.
    fn sub(
        &self,
        at: usize,
        states: &[State; MOST_DIRECTIVES],
        last: bool,
        scratch: &mut Scratch,
    ) -> Result<Needed, DataflowError> {
        let level = &self.levels[at];
        let mut dims = [1; DIMS];
        for (step, state) in level.steps.iter().zip(states) {
            let sizes = &level.sizes[step.dim as usize];
            let short = match step.spatial {
                false => state.edge,
                true => state.edge && (level.edge == 1 || last),
            };
            dims[step.dim as usize] = if short { sizes.mapped_edge } else { sizes.mapped };
        }
        let known = scratch.known[at].iter().find(|(known, _)| *known == dims);
        if let Some((_, needed)) = known {
            return Ok(*needed);
        }
        let needed = self.analyse(at + 1, &dims, scratch, None)?;
        scratch.known[at].push((dims, needed));
        Ok(needed)
    }

    /// Cycles of moving words in, of moving them out, and of computing.
    fn delays(&self, moved: &Moved, compute: i64) -> [i64; 3] {
        let Hardware { noc_bandwidth, noc_latency, .. } = self.hardware;
        let delay = |words: i64| noc_latency + ceil(words, noc_bandwidth) - 1;
        [delay(moved.ingress[0] + moved.ingress[1]), delay(moved.egress), compute]
    }

    fn offchip(&self, [inputs, weights, outputs]: &[i64; 3]) -> i64 {
        let bandwidth = self.hardware.offchip_bandwidth;
        ((inputs + weights) / bandwidth / 2).max(outputs / bandwidth / 2)
    }

    fn report(&self, sum: &Sum, needed: Needed) -> Result<Report, DataflowError> {
        let words = self.problem.words();
        let innermost = &self.levels[self.levels.len() - 1];
        let held = self.problem.operator.coupled().map(|mask| {
            let own = innermost.steps.iter().filter(|step| step.dim.bit() & mask != 0);
            2 * own.map(|step| innermost.sizes[step.dim as usize].mapped).product::<i64>()
        });
        let [inputs, weights] = sum.ingress;
        let (inputs, weights) = (narrow(inputs, "inputs")?, narrow(weights, "weights")?);
        let (macs, sums) = (narrow(sum.macs, "multiplications")?, narrow(sum.sums, "partial sums")?);
        Ok(Report {
            runtime: needed.runtime,
            macs,
            l1_reads: [macs, macs, sums],
            l1_writes: [inputs, weights, sums],
            l2_reads: [inputs, weights, words[2]],
            l2_writes: [words[0], words[1], narrow(sum.egress, "outputs")?],
            l1_words: held.iter().sum(),
            l2_words: sum.requirement.iter().sum(),
            peak_bandwidth: sum.peak,
            mean_bandwidth: sum.bandwidth as f64 / sum.cases as f64,
            offchip_bandwidth: sum.offchip,
            delays: sum.delays.map(|delays| delays.mean_over(sum.cases)),
            active: needed.active,
            intensity: sum.intensity,
            input_words: words[0],
            weight_words: words[1],
            levels: self.levels.len(),
            hardware: self.hardware,
        })
    }
}

impl Sum {
    /// Counts what the original counts before it finds a case empty.
    fn begin(&mut self, number: usize, moved: &Moved, occurrences: i64) {
        if number == 0 {
            let [inputs, weights] = moved.ingress;
            self.requirement = [2 * inputs, 2 * weights, 2 * moved.egress];
        }
        self.egress += i128::from(occurrences) * i128::from(moved.egress);
        self.sums += i128::from(occurrences) * i128::from(moved.sums);
    }

    fn add(&mut self, moved: &Moved, occurrences: i64, delays: [i64; 3]) {
        let compute = delays[2].max(1);
        let ingress = moved.ingress[0] + moved.ingress[1];
        let most = ingress.max(moved.egress);
        let times = i128::from(occurrences);
        for (sum, words) in self.ingress.iter_mut().zip(moved.ingress) {
            *sum += times * i128::from(words);
        }
        self.macs += times * i128::from(moved.sums);
        self.peak = self.peak.max(most / compute);
        self.bandwidth += times * i128::from(most) / i128::from(compute);
        let [inputs, weights, outputs] = self.requirement;
        self.offchip = self.offchip.max(outputs / compute).max((inputs + weights) / compute) / 2;
        self.intensity = moved.sums as f64 / ingress as f64;
        for (sum, delay) in self.delays.iter_mut().zip(delays) {
            sum.add(delay, occurrences);
        }
    }
}

fn narrow(wide: i128, quantity: &'static str) -> Result<i64, DataflowError> {
    i64::try_from(wide).map_err(|_| DataflowError::Overflow { quantity })
}

fn ceil(words: i64, by: i64) -> i64 {
    -(-words).div_euclid(by)
}

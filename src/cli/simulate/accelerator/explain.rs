//! An evaluation in words: costs, accesses by level, and what holds the run back.

use sweepstake_simulators::accelerator::{Analysis, Data, Loops};

use crate::terminal::{count, figure, table};

use super::Run;

/// The report; with `why`, also what bounds it and which reuse is lost.
pub(super) fn text(run: &Run, analysis: &Analysis, why: bool) -> String {
    let mut text = table(&right_aligned(summary(run, analysis), &[1]));
    text.push('\n');
    text.push_str(&table(&right_aligned(accesses(run, analysis), &NUMBERS)));
    if why {
        text.push('\n');
        text.push_str(&nest(run));
        text.push('\n');
        for line in reasons(run, analysis) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn strings(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn summary(run: &Run, analysis: &Analysis) -> Vec<Vec<String>> {
    let mut rows = vec![
        vec!["cycles".to_owned(), count(analysis.cycles), String::new()],
        vec!["energy".to_owned(), figure(analysis.energy_pj / 1e6), "µJ".to_owned()],
        vec!["area".to_owned(), figure(run.architecture.area_um2() / 1e6), "mm²".to_owned()],
        vec!["multiply-accumulates".to_owned(), count(analysis.macs), String::new()],
        vec!["multipliers busy".to_owned(), figure(100.0 * analysis.utilization), "%".to_owned()],
    ];
    if let Some(tried) = run.tried {
        rows.push(vec!["mappings tried".to_owned(), count(tried), String::new()]);
    }
    rows
}

/// Accesses of each level and kind of data that it keeps, per instance.
fn accesses(run: &Run, analysis: &Analysis) -> Vec<Vec<String>> {
    let mut rows = vec![strings(&[
        "level",
        "in use",
        "cycles",
        "data",
        "tile",
        "reads",
        "updates",
        "fills",
        "energy µJ",
    ])];
    for (place, (built, found)) in run.architecture.levels().iter().zip(analysis.levels()).enumerate() {
        let mut first =
            [built.name.clone(), format!("{} of {}", found.used, built.instances), count(found.cycles)];
        for data in Data::ALL.into_iter().filter(|data| run.mapping.keeps(place, *data)) {
            let traffic = analysis.traffic(place, data);
            let numbers = [traffic.size, traffic.reads, traffic.updates, traffic.fills].map(count);
            let energy = figure(traffic.energy_pj / 1e6);
            rows.push(
                [&std::mem::take(&mut first)[..], &[data.name().to_owned()], &numbers, &[energy]].concat(),
            );
        }
    }
    let mac = run.architecture.mac();
    let used = format!("{} of {}", analysis.multipliers, mac.instances);
    let mut row = strings(&["mac", &used, &count(analysis.compute_cycles)]);
    row.resize(8, String::new());
    row.push(figure(analysis.mac_energy_pj / 1e6));
    rows.push(row);
    rows
}

/// Columns of numbers in [`accesses`].
const NUMBERS: [usize; 6] = [2, 4, 5, 6, 7, 8];

/// The given columns set to the right.
fn right_aligned(mut rows: Vec<Vec<String>>, columns: &[usize]) -> Vec<Vec<String>> {
    for column in columns {
        let width = rows.iter().map(|row| row[*column].chars().count()).max().unwrap_or(0);
        rows.iter_mut().for_each(|row| row[*column] = format!("{:>width$}", row[*column]));
    }
    rows
}

/// The loops, outermost first.
fn nest(run: &Run) -> String {
    let loops = |loops: &Loops| {
        let named: Vec<String> =
            loops.nontrivial().rev().map(|(dim, n)| format!("{}{n}", dim.name())).collect();
        if named.is_empty() { "-".to_owned() } else { named.join(" ") }
    };
    let mut rows = vec![strings(&["level", "keeps", "loops, outermost first", "over children"])];
    for (place, level) in run.architecture.levels().iter().enumerate() {
        let kept: Vec<&str> =
            Data::ALL.into_iter().filter(|data| run.mapping.keeps(place, *data)).map(Data::name).collect();
        let kept = if kept.is_empty() { "-".to_owned() } else { kept.join(" ") };
        let (temporal, spatial) = (&run.mapping.temporal[place], &run.mapping.spatial[place]);
        rows.push(vec![level.name.clone(), kept, loops(temporal), loops(spatial)]);
    }
    table(&rows)
}

/// What bounds the cycles, how full memories are, and what is fetched again because of which loops.
fn reasons(run: &Run, analysis: &Analysis) -> Vec<String> {
    let mut lines = vec![bound(run, analysis)];
    for (place, built) in run.architecture.levels().iter().enumerate() {
        let used: u64 = Data::ALL
            .into_iter()
            .filter(|d| run.mapping.keeps(place, *d))
            .map(|d| analysis.traffic(place, d).size)
            .sum();
        if let Some(words) = built.words.filter(|_| used > 0) {
            let share = figure(100.0 * used as f64 / words as f64);
            lines.push(format!(
                "{} holds {} of {} words ({share} %).",
                built.name,
                count(used),
                count(words)
            ));
        }
        lines.extend(
            Data::ALL
                .into_iter()
                .filter(|d| run.mapping.keeps(place, *d))
                .filter_map(|d| lost(run, analysis, place, d)),
        );
    }
    lines
}

fn bound(run: &Run, analysis: &Analysis) -> String {
    let multipliers = format!("{} of {} multipliers", analysis.multipliers, run.architecture.mac().instances);
    let Some(level) = analysis.bound() else {
        return format!("Bound by computing: {multipliers} work in every cycle, and every level keeps up.");
    };
    let (built, found) = (&run.architecture.levels()[level], &analysis.levels()[level]);
    let rate = |rate: f64, bandwidth: Option<f64>, way: &str| {
        bandwidth
            .filter(|bandwidth| rate > *bandwidth)
            .map(|bandwidth| format!("{way} {} words a cycle of at most {}", figure(rate), figure(bandwidth)))
    };
    let ways = [
        rate(found.read_rate, built.read_bandwidth, "it would read"),
        rate(found.write_rate, built.write_bandwidth, "it would write"),
    ];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    format!(
        "Bound by {}: {}, so {multipliers} wait {} of the time.",
        built.name,
        ways.join(" and "),
        figure_share(1.0 - found.slowdown)
    )
}

fn figure_share(share: f64) -> String {
    format!("{} %", figure(100.0 * share))
}

/// Data that a level sends inwards more often than once a word of its partition, and the loops to blame: those that
/// do not move along the data, but outside of one that does.
fn lost(run: &Run, analysis: &Analysis, place: usize, data: Data) -> Option<String> {
    let traffic = analysis.traffic(place, data);
    let accesses = if data == Data::Outputs { traffic.updates } else { traffic.reads };
    let times = accesses as f64 / traffic.partition.max(1) as f64;
    if times < 1.05 {
        return None;
    }
    let loops = (0..=place).rev().flat_map(|level| run.mapping.temporal[level].nontrivial());
    let outside = loops.skip_while(|(dim, _)| !run.problem.touches(data, *dim));
    let blamed: Vec<String> = outside
        .filter(|(dim, _)| !run.problem.touches(data, *dim))
        .map(|(dim, n)| format!("{}{n}", dim.name()))
        .collect();
    let why = match blamed.is_empty() {
        true => "by windows that overlap, or by multipliers that share nothing".to_owned(),
        false => format!("by the loops {} around those of the data", blamed.join(" ")),
    };
    let name = &run.architecture.levels()[place].name;
    Some(format!("{name} moves each word of {} {} times, {why}.", data.name(), figure(times)))
}

//! `sweepstake proxy verdicts`.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use rl_env::design::Design;
use rl_env::problem::{Outcome, Problem, metric_index};

use crate::dataset::columns::cell;
use crate::dataset::output::Output;
use crate::evaluate::read_designs;
use crate::plan::Instance;
use crate::proxy::file;
use crate::proxy::proxied::Proxied;
use crate::usage::Usage;

/// Let several proxies say which designs meet a specification, for `sweepstake select --verdicts`.
///
/// Writes a CSV file: every design in its canonical form, and a column v.PROXY:REQUIREMENT of 0 and 1 for each proxy and
/// requirement. A design that a proxy takes for one that does not work meets none of its requirements.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sweepstake proxy verdicts trees.proxy mlp.proxy ridge.proxy --designs out/study/samples/DramController-v0.csv \\\n      \
                  --require 'power_mw<=900' 'latency_ns<=60000' --out verdicts.csv\n  \
                  sweepstake select --verdicts verdicts.csv --hold-out 'ridge:power_mw<=900' --alpha 10 --beta0 10"
)]
pub(super) struct Args {
    /// Files of `sweepstake proxy train`, of one environment, workload and space.
    #[arg(required = true)]
    proxies: Vec<PathBuf>,
    /// CSV file of designs; the samples of a sweep are one.
    #[arg(long, value_name = "FILE")]
    designs: PathBuf,
    /// METRIC<=NUMBER or METRIC>=NUMBER.
    #[arg(long, required = true, num_args = 1..)]
    require: Vec<Requirement>,
    /// File of the workload, if the proxies were learnt on one.
    #[arg(long, default_value = "", hide_default_value = true)]
    workload: String,
    /// Where to write; standard output by default.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// A bound of a metric.
#[derive(Debug, Clone, PartialEq)]
struct Requirement {
    metric: String,
    at_most: bool,
    bound: f64,
}

impl FromStr for Requirement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once("<=").map(|parts| (parts, true));
        let parts = parts.or_else(|| text.split_once(">=").map(|parts| (parts, false)));
        let ((metric, bound), at_most) = parts.ok_or("expected METRIC<=NUMBER or METRIC>=NUMBER")?;
        match bound.trim().parse::<f64>() {
            Ok(bound) if bound.is_finite() => Ok(Self { metric: metric.trim().to_owned(), at_most, bound }),
            _ => Err(format!("`{}` is not a number", bound.trim())),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.metric, if self.at_most { "<=" } else { ">=" }, self.bound)
    }
}

/// A proxy that judges.
struct Judge {
    name: String,
    problem: Proxied,
    /// For each requirement, the place of its metric.
    places: Vec<usize>,
}

impl Judge {
    fn read(path: &Path, instance: &Instance, require: &[Requirement]) -> Result<Self> {
        let proxy = file::read(path, &instance.problem, &instance.subject)?;
        let problem = Proxied::new(Arc::clone(&instance.problem), Arc::new(proxy));
        let place = |requirement: &Requirement| metric_index(problem.metrics(), &requirement.metric);
        let places = require.iter().map(place).collect::<Result<_, _>>();
        let places = places.with_context(|| path.display().to_string())?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, problem, places })
    }

    /// Whether a design meets each requirement.
    fn says(&self, design: &Design, require: &[Requirement]) -> Vec<bool> {
        let outcome = self.problem.evaluate(design);
        let Outcome::Feasible(values) = &outcome else { return vec![false; require.len()] };
        let meets = |(requirement, place): (&Requirement, &usize)| match requirement.at_most {
            true => values[*place] <= requirement.bound,
            false => values[*place] >= requirement.bound,
        };
        require.iter().zip(&self.places).map(meets).collect()
    }
}

pub(super) fn verdicts(args: &Args) -> Result<()> {
    let about = file::about(&args.proxies[0])?;
    let subject = &about.subject;
    let workload = if args.workload.is_empty() { &subject.workload } else { &args.workload };
    let (instance, _) = Instance::new(&subject.env, workload, &subject.space, Path::new(""))?;
    let read = |path: &PathBuf| Judge::read(path, &instance, &args.require);
    let judges = args.proxies.iter().map(read).collect::<Result<Vec<Judge>>>()?;
    if let Some(twice) = (1..judges.len()).find(|i| judges[..*i].iter().any(|j| j.name == judges[*i].name)) {
        let path = args.proxies[twice].display();
        return Err(Usage::error(format!("{path}: two files have this name; their verdicts would too")));
    }
    let designs = read_designs(instance.problem.as_ref(), &args.designs)?;
    let Some(path) = &args.out else {
        return write(&mut std::io::stdout().lock(), &instance, &judges, &args.require, &designs);
    };
    let mut out = Output::create(path)?;
    write(&mut out, &instance, &judges, &args.require, &designs)?;
    out.commit()
}

fn write(
    out: &mut dyn Write,
    instance: &Instance,
    judges: &[Judge],
    require: &[Requirement],
    designs: &[Design],
) -> Result<()> {
    let (problem, space) = (instance.problem.as_ref(), instance.problem.space());
    let names = space.parameters().iter().map(|parameter| parameter.name.clone());
    let verdicts = judges.iter().flat_map(|judge| require.iter().map(|r| format!("v.{}:{r}", judge.name)));
    let header: Vec<String> = names.chain(verdicts).map(|name| cell(&name)).collect();
    let row = |design: &Design| -> String {
        let design = problem.canonical(design);
        let says = judges.iter().flat_map(|judge| judge.says(&design, require));
        let cells = space.format(&design).iter().map(|text| cell(text)).collect::<Vec<_>>();
        let bits = says.map(|meets| if meets { "1" } else { "0" }.to_owned());
        cells.into_iter().chain(bits).collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = designs.par_iter().map(row).collect();
    let cannot = "cannot write the verdicts";
    writeln!(out, "{}", header.join(",")).context(cannot)?;
    rows.iter().try_for_each(|row| writeln!(out, "{row}")).context(cannot)?;
    out.flush().context(cannot)
}

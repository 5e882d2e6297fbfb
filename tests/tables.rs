//! Complete tables: they say what the simulator says, whatever happened while they were made, and nobody can tell from
//! the results whether one was used.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use rl_env::design::{Constraint, Design, DesignSpace, Parameter, Value};
use rl_env::problem::{self, Metric, Outcome, Problem};
use rl_env::seed::Seed;
use sweepstake::cache::Addresses;
use sweepstake::dataset::output::Output;
use sweepstake::enumerate::{Enumerated, LIMIT, Order, PART, Progress, assemble, behaviours, enumerate};
use sweepstake::plan::Instance;
use sweepstake::store::Shard;
use sweepstake::table::{self, Subject, Table, TableWriter, Tabled};
use tempfile::tempdir;

use crate::command::{content, run, stderr, succeed, sweep, sweepstake};

/// A landscape of 65,536 designs.
pub(crate) fn nk() -> Instance {
    Instance::new("Landscape-v0", "nk", "", Path::new("")).unwrap().0
}

fn order(out: &Path) -> Order<'_> {
    Order { out, shard: Shard::WHOLE, limit: LIMIT, fresh: false }
}

/// The table of a problem, made in one piece.
pub(crate) fn complete(instance: &Instance, out: &Path) -> Table {
    enumerate(instance, &order(out), &AtomicBool::new(false), &()).unwrap().table.unwrap()
}

/// A trace so short that the whole space of DRAM controllers is enumerated in seconds.
fn short_trace(dir: &Path) -> PathBuf {
    let mut rng = Seed(5).stream("trace");
    let line = |cycle| {
        format!("{cycle},{},{:#x}\n", if rng.chance(0.3) { "W" } else { "R" }, rng.below(1 << 20) * 64)
    };
    let path = dir.join("short.csv");
    fs::write(&path, "cycle,op,addr\n".to_owned() + &(0..12).map(line).collect::<String>()).unwrap();
    path
}

const VARIANT: [&str; 4] = ["--env", "DramController-v0", "--space", "archgym-pow2"];

/// Every kind of finite parameter, a condition, a constraint, a dead parameter, infeasible designs.
struct Awkward {
    space: DesignSpace,
    calls: AtomicU64,
}

impl Awkward {
    fn new() -> Self {
        let space = DesignSpace::new(vec![
            Parameter::bool("a"),
            Parameter::choice("b", ["x", "y", "z"]),
            Parameter::integer("c", -2, 3).when("b", ["x", "y"]),
            Parameter::permutation("d", ["p", "q", "r", "s"]),
            Parameter::subset("e", ["k", "l", "m", "n"], 1, 3),
            Parameter::ordinal("f", [1, 10, 100]),
        ]);
        let few = Constraint::new("few", "no 100 with a", ["a", "f"], |v| {
            !(*v[0] == Value::Bool(true) && *v[1] == Value::Integer(100))
        });
        Self { space: space.unwrap().constrain(few).unwrap(), calls: AtomicU64::new(0) }
    }

    fn instance(self) -> Instance {
        let problem: Arc<dyn Problem> = Arc::new(self);
        let subject = Subject::new("Awkward-v0", "w", None, "s", problem.as_ref());
        let addresses = Addresses::new("Awkward-v0", "w", problem.as_ref());
        Instance { env: "Awkward-v0".into(), problem, addresses, subject }
    }
}

impl Problem for Awkward {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        const METRICS: &[Metric] = &[Metric::new("u", "", "One."), Metric::new("v", "", "Other.")];
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let design = self.canonical(design);
        if design.0[2] == Value::Integer(2) {
            return Outcome::infeasible("two", format!("\"2\", as it is,\nin {design:?}"));
        }
        let weigh = |sum: f64, byte: &u8| (sum + f64::from(*byte)) / 3.0;
        let mut bytes = Vec::new();
        design.write_bytes(&mut bytes);
        let sum = bytes.iter().fold(-0.0, weigh);
        Outcome::Feasible([sum, if design.bool(0) { -0.0 } else { 1e-300 * sum }].into())
    }

    /// Without `a`, the order does not matter.
    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        if design.bool(0) {
            return Cow::Borrowed(design);
        }
        let mut canonical = design.clone();
        canonical.0[3] = self.space.first().0[3].clone();
        Cow::Owned(canonical)
    }
}

#[test]
fn a_table_says_what_the_simulator_says_of_every_design() {
    let dir = tempdir().unwrap();
    for (n, instance) in [Awkward::new().instance(), nk()].into_iter().enumerate() {
        let table = complete(&instance, &dir.path().join(format!("{n}.parquet")));
        let about = table.about.clone();
        let tabled = Tabled::new(Arc::clone(&instance.problem), &instance.subject, table).unwrap();
        let (space, mut violating, mut standing) = (instance.problem.space(), 0, 0);
        for rank in 0..space.cardinality().unwrap() {
            let design = space.unrank(rank).unwrap();
            let (simulated, known) =
                (problem::evaluate(instance.problem.as_ref(), &design), problem::evaluate(&tabled, &design));
            // Debug tells -0.0 from 0.0.
            assert_eq!(format!("{simulated:?}"), format!("{known:?}"));
            assert_eq!(tabled.canonical(&design), instance.problem.canonical(&design));
            violating += u64::from(space.violated(&design).is_some());
            standing += u64::from(tabled.row(&design).is_some());
        }
        assert_eq!(about.violating, violating);
        assert_eq!(about.designs, violating + standing);
        assert_eq!(tabled.table().designs.iter().map(|n| u64::from(*n)).sum::<u64>(), standing);
    }
}

#[test]
fn every_behaviour_is_evaluated_once() {
    let dir = tempdir().unwrap();
    let awkward = Arc::new(Awkward::new());
    let problem: Arc<dyn Problem> = awkward.clone();
    let instance = Instance { problem, ..Awkward::new().instance() };
    let table = complete(&instance, &dir.path().join("t.parquet"));
    // a: 1·(24 orders)·(2 sizes of f left) + not a: 1 order, 3 values; b and c: 6 + 6 + 1; e: 4 + 6 + 4.
    assert_eq!(table.len(), (24 * 2 + 3) * 13 * 14);
    assert_eq!(awkward.calls.load(Ordering::Relaxed), table.len() as u64);
    assert_eq!(table.about.behaviours, table.len() as u64);
    assert_eq!(table.infeasible(), table.len() * 2 / 13);
    assert!(table.ranks.is_sorted());
}

/// Stops an enumeration after so many evaluations.
struct StopAfter<'a>(AtomicU64, u64, &'a AtomicBool);

impl Progress for StopAfter<'_> {
    fn begin(&self, _: u64, _: u64) {}
    fn advance(&self, n: u64) {
        if self.0.fetch_add(n, Ordering::Relaxed) + n >= self.1 {
            self.2.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn an_interrupted_enumeration_goes_on_where_it_was() {
    let dir = tempdir().unwrap();
    let instance = nk();
    let whole = dir.path().join("whole.parquet");
    let all = complete(&instance, &whole).len() as u64;
    let out = dir.path().join("out.parquet");
    let threads = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let part = PART as u64;
    for (round, jobs) in [1, 2, 8].into_iter().enumerate() {
        let mut known = 0;
        for more in [1, part - 1, part, part + 1, 10_000, 20_000] {
            let stop = AtomicBool::new(false);
            let progress = StopAfter(AtomicU64::new(0), more, &stop);
            let Enumerated { table, done, evaluated, .. } =
                threads(jobs).install(|| enumerate(&instance, &order(&out), &stop, &progress)).unwrap();
            assert!(table.is_none() && !out.exists());
            assert_eq!(done, known + evaluated, "nothing is repeated");
            assert!(jobs > 1 || evaluated == more / part * part, "only the part under way is lost");
            known = done;
        }
        let last = threads(jobs)
            .install(|| enumerate(&instance, &order(&out), &AtomicBool::new(false), &()))
            .unwrap();
        assert_eq!(last.evaluated, all - known);
        assert!(fs::read(&out).unwrap() == fs::read(&whole).unwrap(), "{jobs} threads");
        assert!(!Path::new(&format!("{}.parts", out.display())).exists());
        let again = enumerate(&instance, &order(&out), &AtomicBool::new(false), &()).unwrap();
        assert_eq!(again.evaluated, 0, "round {round}");
        fs::remove_file(&out).unwrap();
    }
}

#[test]
fn an_enumeration_killed_at_random_moments_ends_with_the_same_bytes() {
    let dir = tempdir().unwrap();
    let command = |out: &Path| {
        let mut command = sweepstake();
        command.args(["-q", "enumerate", "--env", "Landscape-v0", "--workload", "nk", "--out"]).arg(out);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let (whole, out) = (dir.path().join("whole.parquet"), dir.path().join("out.parquet"));
    let started = Instant::now();
    assert!(command(&whole).status().unwrap().success());
    let length = started.elapsed();
    let mut delays = Seed(8).stream("kills");
    for _ in 0..12 {
        let mut child = command(&out).spawn().unwrap();
        std::thread::sleep(length.mul_f64(delays.uniform()));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        // A part torn by a power loss, and one that somebody changed.
        let parts = fs::read_dir(format!("{}.parts", out.display())).into_iter().flatten().flatten();
        for (n, part) in
            parts.filter(|p| p.path().extension().is_some_and(|e| e == "part")).take(2).enumerate()
        {
            let mut bytes = fs::read(part.path()).unwrap();
            let at = bytes.len() - 10;
            bytes[at] ^= 1;
            bytes.truncate(if n == 0 { at } else { usize::MAX });
            fs::write(part.path(), bytes).unwrap();
        }
    }
    assert!(command(&out).status().unwrap().success());
    assert!(fs::read(&whole).unwrap() == fs::read(&out).unwrap());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn assembled_shards_are_the_whole() {
    let dir = tempdir().unwrap();
    let instance = nk();
    let whole = dir.path().join("whole.parquet");
    complete(&instance, &whole);
    let part = |i: usize| dir.path().join(format!("part{i}.parquet"));
    for index in 1..=3 {
        let out = part(index);
        let order = Order { shard: Shard { index, count: 3 }, ..order(&out) };
        let table = enumerate(&instance, &order, &AtomicBool::new(false), &()).unwrap().table.unwrap();
        assert!(!table.is_complete() && table.len() < 30_000);
    }
    let out = dir.path().join("out.parquet");
    let refused = |parts: &[PathBuf]| format!("{:#}", assemble(&instance, parts, &order(&out)).unwrap_err());
    assert!(refused(&[part(1), part(3)]).contains("shard 2/3 is missing"));
    assert!(refused(&[part(1), part(3), part(3), part(2)]).contains("shard 3/3 is given twice"));
    assert!(refused(&[part(1), whole.clone()]).contains("belongs to another table"));
    let awkward = Awkward::new().instance();
    let error = assemble(&awkward, &[part(1)], &order(&out)).unwrap_err();
    assert!(
        format!("{error:#}").contains("is of Landscape-v0, workload nk, space default, not of Awkward-v0")
    );
    assemble(&instance, &[part(3), part(1), part(2)], &order(&out)).unwrap();
    assert!(fs::read(&whole).unwrap() == fs::read(&out).unwrap());
}

#[test]
fn spaces_without_a_table_are_refused_with_their_size() {
    let refused = |arguments: &[&str]| {
        let output = run(&[&["enumerate", "--out", "never.parquet"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    };
    let infinite = refused(&["--env", "Landscape-v0", "--workload", "sphere"]);
    assert!(infinite.contains("infinitely many designs (`x0` is a number from -5 to 5)"), "{infinite}");
    let large = refused(&["--env", "DramController-v0"]);
    assert!(
        large.contains("28,311,552 designs, and the limit is 10,000,000; pass --limit 28311552"),
        "{large}"
    );
    let limit = refused(&["--env", "Landscape-v0", "--workload", "nk", "--limit", "65535"]);
    assert!(limit.contains("65,536 designs, and the limit is 65,535"), "{limit}");
    let awkward = Awkward::new();
    assert_eq!(behaviours(&awkward, LIMIT, &AtomicBool::new(false)).unwrap().all, 2 * 3 * 6 * 24 * 14 * 3);
}

#[test]
fn only_the_table_of_the_very_problem_is_taken() {
    let dir = tempdir().unwrap();
    let table = dir.path().join("nk.parquet");
    let nk = nk();
    complete(&nk, &table);
    let shown = table.to_str().unwrap();
    let refused = |arguments: &[&str]| {
        let output = run(&[&["run", "--agent", "random-walker", "--budget", "5"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    let error = refused(&["--env", "Landscape-v0", "--workload", "sphere", "--table", shown]);
    assert!(error.contains("the workload of the table is nk, not sphere"), "{error}");
    let error = refused(&["--env", "DramController-v0", "--table", shown]);
    assert!(error.contains("the environment of the table is Landscape-v0, not DramController-v0"), "{error}");
    let error = refused(&["--env", "Landscape-v0", "--workload", "nk", "--table", shown, "--table", shown]);
    assert!(error.contains("is the second table of Landscape-v0, workload nk"), "{error}");
    let error = refused(&["--env", "Landscape-v0", "--table", "Cargo.toml"]);
    assert!(error.contains("Cargo.toml"), "{error}");
    let csv = dir.path().join("mine.csv");
    fs::write(&csv, "mine").unwrap();
    let mine = run(&[
        "enumerate",
        "--env",
        "Landscape-v0",
        "--workload",
        "nk",
        "--fresh",
        "--out",
        csv.to_str().unwrap(),
    ]);
    assert!(stderr(&mine).contains("exists and is no table"), "{}", stderr(&mine));
    assert_eq!(fs::read_to_string(&csv).unwrap(), "mine");
}

/// The simulator was changed without a new version of the environment.
#[test]
fn an_outdated_table_is_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let instance = Awkward::new().instance();
    let table = complete(&instance, &path);
    let mut writer =
        TableWriter::new(Output::create(&path).unwrap(), instance.problem.as_ref(), table.about.clone())
            .unwrap();
    for row in 0..table.len() {
        let mut outcome = table.outcome(row).unwrap();
        if let Outcome::Feasible(metrics) = &mut outcome {
            metrics[1] += 1.0;
        }
        writer.push(table.ranks[row], table.designs[row], &outcome).unwrap();
    }
    writer.finish().unwrap().0.commit().unwrap();
    let outdated = table::read(&path).unwrap();
    let error = Tabled::new(Arc::clone(&instance.problem), &instance.subject, outdated).err().unwrap();
    assert!(error.to_string().contains("is not what the simulator says"), "{error:#}");
}

#[test]
fn a_damaged_table_is_never_believed() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let instance = Awkward::new().instance();
    let table = complete(&instance, &path);
    let whole = fs::read(&path).unwrap();
    let outcomes =
        |table: &Table| (0..table.len()).map(|row| format!("{:?}", table.outcome(row))).collect::<Vec<_>>();
    let expected = outcomes(&table);
    let mut rng = Seed(3).stream("flips");
    let mut refused = 0;
    for _ in 0..400 {
        let mut bytes = whole.clone();
        bytes[rng.index(whole.len())] ^= 1 << rng.below(8);
        fs::write(&path, &bytes).unwrap();
        match table::read(&path) {
            // The text of designs is not read; their ranks are.
            Ok(read) => assert!(read.ranks == table.ranks && outcomes(&read) == expected),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 100, "{refused}");
    for length in [0, 3, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(table::read(&path).is_err());
    }
}

#[test]
fn results_do_not_show_whether_a_table_was_used() {
    let dir = tempdir().unwrap();
    let trace = short_trace(dir.path());
    let (trace, path) = (trace.to_str().unwrap(), |name: &str| dir.path().join(name));
    fs::copy(trace, path("renamed.csv")).unwrap(); // a workload file is known by its content
    let (dram, nk, third) = (path("dram.parquet"), path("nk.parquet"), path("third.parquet"));
    succeed(
        &[&["-q", "enumerate", "--workload", trace, "--out", dram.to_str().unwrap()], &VARIANT[..]].concat(),
    );
    let landscape = ["-q", "enumerate", "--env", "Landscape-v0", "--workload", "nk", "--out"];
    succeed(&[&landscape[..], &[nk.to_str().unwrap()]].concat());
    succeed(&[&landscape[..], &[third.to_str().unwrap(), "--shard", "2/3"]].concat());
    let config = path("c.yaml");
    fs::write(
        &config,
        "envs:\n  - {env: Landscape-v0, workloads: [sphere, nk]}\n  - {env: DramController-v0, space: archgym-pow2, \
         workloads: [renamed.csv], objectives: [low-power, pareto]}\nagents: [genetic, random-walker]\nseeds: 2\n\
         budget: 300\n",
    )
    .unwrap();
    let (dram, nk, third) = (dram.to_str().unwrap(), nk.to_str().unwrap(), third.to_str().unwrap());
    let plain = path("plain");
    assert!(sweep(&config, &plain, &[]).status.success());
    for (n, tables) in [&["--table", nk, "--table", dram][..], &["--table", third]].into_iter().enumerate() {
        let out = path(&format!("out{n}"));
        let output = sweep(&config, &out, tables);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(content(&plain) == content(&out), "{tables:?}");
    }
    let designs = path("designs.csv");
    let space = Instance::new("DramController-v0", trace, "archgym-pow2", Path::new("")).unwrap().0.problem;
    let mut rng = Seed(1).stream("designs");
    let row = |_| space.space().format(&space.space().sample(&mut rng)).join(",") + "\n";
    let header: Vec<&str> = space.space().parameters().iter().map(|p| p.name.as_str()).collect();
    fs::write(&designs, header.join(",") + "\n" + &(0..1000).map(row).collect::<String>()).unwrap();
    let evaluate = |more: &[&str]| {
        let arguments = ["evaluate", "--workload", trace, "--designs", designs.to_str().unwrap()];
        succeed(&[&arguments[..], &VARIANT, more].concat())
    };
    assert!(evaluate(&[]) == evaluate(&["--table", dram]));
}

//! What the crate costs around a simulator that costs nothing: `cargo bench -p rl-env`.

#![allow(missing_docs, reason = "the macros of criterion write undocumented functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rl_env::Error;
use rl_env::design::{Constraint, Design, DesignSpace, Parameter};
use rl_env::env::{Env, Info, Reset, Step};
use rl_env::episode::{Episode, Form, Settings};
use rl_env::objective::Objective;
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::seed::{Seed, np_random};
use rl_env::space::{Element, Space};
use rl_env::vector::{Autoreset, Seeding, VectorEnv};
use rl_env::wrappers::{Cache, Noise, OrderEnforcing, PassiveChecker, RecordEpisodeStatistics, TimeLimit};

/// Ten parameters of the usual kinds under one constraint; evaluation is one addition.
struct Trivial(DesignSpace);

impl Trivial {
    fn new() -> Result<Self, Error> {
        let space = DesignSpace::new(vec![
            Parameter::choice("page_policy", ["open", "closed", "adaptive"]),
            Parameter::choice("scheduler", ["fifo", "frfcfs", "grouped"]),
            Parameter::bool("refresh_postponing"),
            Parameter::integer("request_buffer", 1, 64),
            Parameter::integer("banks", 1, 16),
            Parameter::power_of_two("line", 16, 256),
            Parameter::power_of_two("rows", 256, 65536),
            Parameter::ordinal("tile", [1, 2, 3, 4, 6, 8, 12, 24]),
            Parameter::real("voltage", 0.6, 1.2),
            Parameter::log_real("rate", 1e-3, 1e3),
        ])?;
        let limit = Constraint::product_at_most("capacity", ["line", "rows"], 4e6);
        Ok(Self(space.constrain(limit)?))
    }
}

impl Problem for Trivial {
    fn space(&self) -> &DesignSpace {
        &self.0
    }
    fn metrics(&self) -> &[Metric] {
        const METRICS: &[Metric] =
            &[Metric::new("latency_ns", "ns", "Time."), Metric::new("energy_pj", "pJ", "Energy.")];
        METRICS
    }
    fn evaluate(&self, design: &Design) -> Outcome {
        Outcome::Feasible([design.integer(3) as f64, design.real(8) + 1.0].into())
    }
}

/// Moves a number; ends after 200 steps.
struct Drift(Space, Space, [f64; 4], u32);

impl Drift {
    fn new() -> Result<Self, Error> {
        Ok(Self(Space::discrete(2)?, Space::boxed(-1e3, 1e3, &[4])?, [0.0; 4], 0))
    }
}

impl Env for Drift {
    fn action_space(&self) -> &Space {
        &self.0
    }
    fn observation_space(&self) -> &Space {
        &self.1
    }
    fn reset(&mut self, _: Option<u64>, _: &Info) -> Result<Reset, Error> {
        (self.2, self.3) = ([0.0; 4], 0);
        Ok(Reset { observation: Element::Real(self.2.to_vec()), info: Info::new() })
    }
    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.0.check(action)?;
        self.3 += 1;
        self.2[0] += if action.as_discrete() == Some(1) { 1.0 } else { -1.0 };
        let observation = Element::Real(self.2.to_vec());
        Ok(Step { observation, reward: 1.0, terminated: self.3 == 200, truncated: false, info: Info::new() })
    }
}

fn one_shot(c: &mut Criterion, name: &str, form: Form) -> Result<(), Error> {
    let mut env = Episode::new(Trivial::new()?, &Objective::minimise("latency_ns"), Settings::of(form))?;
    let action = env.action_space().sample(&mut np_random(1));
    c.bench_function(&format!("episode/{name}: reset and step"), |b| {
        b.iter(|| {
            let reset = env.reset(None, &Info::new());
            (reset, env.step(black_box(&action)))
        });
    });
    Ok(())
}

fn sequential(c: &mut Criterion) -> Result<(), Error> {
    let settings = Settings::of(Form::Sequential);
    let mut env = Episode::new(Trivial::new()?, &Objective::minimise("latency_ns"), settings)?;
    let actions = env.actions_to(&env.problem().space().first())?;
    let mut group = c.benchmark_group("episode");
    group.throughput(Throughput::Elements(actions.len() as u64));
    group.bench_function("sequential: a step of ten, with its mask", |b| {
        b.iter(|| {
            let _ = black_box(env.reset(None, &Info::new()));
            for action in &actions {
                let _ = black_box((env.action_mask(), env.step(action)));
            }
        });
    });
    Ok(())
}

fn wrapped(c: &mut Criterion, name: &str, mut env: impl Env) {
    let action = env.action_space().sample(&mut np_random(1));
    let mut left = 0;
    c.bench_function(&format!("env step/{name}"), |b| {
        b.iter(|| {
            if left == 0 {
                let _ = env.reset(None, &Info::new());
                left = 200;
            }
            left -= 1;
            env.step(black_box(&action))
        });
    });
}

fn env_steps(c: &mut Criterion) -> Result<(), Error> {
    wrapped(c, "bare", Drift::new()?);
    wrapped(c, "boxed", Box::new(Drift::new()?) as Box<dyn Env>);
    wrapped(c, "as made: order and time limit", TimeLimit::new(OrderEnforcing::new(Drift::new()?), 500)?);
    wrapped(c, "checked", PassiveChecker::new(Drift::new()?)?);
    wrapped(c, "with statistics", RecordEpisodeStatistics::new(Drift::new()?));
    for (name, form) in [("native", Form::Native), ("levels", Form::Levels), ("unit", Form::Unit)] {
        one_shot(c, name, form)?;
    }
    sequential(c)
}

fn vectors(c: &mut Criterion) -> Result<(), Error> {
    for n in [8, 64, 1024] {
        let mut group = c.benchmark_group(format!("vector step/{n} environments"));
        group.throughput(Throughput::Elements(n as u64));
        for parallel in [false, true] {
            let envs = (0..n).map(|_| Drift::new()).collect::<Result<_, _>>()?;
            let vector = VectorEnv::new(envs, Autoreset::NextStep)?;
            let mut vector = if parallel { vector.parallel() } else { vector };
            vector.reset(Seeding::From(0), &Info::new())?;
            let actions = vec![Element::Discrete(1); n];
            let name = if parallel { "rayon" } else { "sync" };
            group.bench_function(name, |b| b.iter(|| vector.step(black_box(&actions))));
        }
    }
    Ok(())
}

fn spaces(c: &mut Criterion) -> Result<(), Error> {
    let dict = Space::dict([
        ("gear", Space::discrete(5)?),
        ("load", Space::boxed(0.0, 1.0, &[4])?),
        ("tiles", Space::multi_discrete(&[4; 6])?),
    ])?;
    let spaces =
        [("Box of 8", Space::boxed(0.0, 1.0, &[8])?), ("Discrete", Space::discrete(100)?), ("Dict", dict)];
    let mut rng = np_random(0);
    for (name, space) in spaces {
        c.bench_function(&format!("sample/{name}"), |b| b.iter(|| space.sample(&mut rng)));
        let element = space.sample(&mut rng);
        c.bench_function(&format!("check/{name}"), |b| b.iter(|| space.check(black_box(&element))));
    }
    let problem = Trivial::new()?;
    c.bench_function("sample/design of ten parameters", |b| b.iter(|| problem.space().sample(&mut rng)));
    Ok(())
}

fn problem_wrappers(c: &mut Criterion) -> Result<(), Error> {
    let design = Trivial::new()?.space().sample(&mut np_random(0));
    let cache = Cache::new(Trivial::new()?);
    c.bench_function("problem/cache hit", |b| b.iter(|| cache.evaluate(black_box(&design))));
    let noise = Noise::new(Trivial::new()?, Seed(1), &[("latency_ns", 0.1)])?;
    c.bench_function("problem/noise on one metric", |b| b.iter(|| noise.evaluate(black_box(&design))));
    Ok(())
}

fn all(c: &mut Criterion) {
    let groups = [env_steps, vectors, spaces, problem_wrappers];
    groups.into_iter().try_for_each(|group| group(c)).expect("the declarations above are sound");
}

criterion_group!(benches, all);
criterion_main!(benches);

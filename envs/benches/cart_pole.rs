//! Steps a second of `CartPole-v1`, alone and in vectors: `cargo bench -p sweepstake-envs`.

#![allow(missing_docs, reason = "the macros of criterion write undocumented functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rl_env::Error;
use rl_env::env::{Env, Info};
use rl_env::space::Element;
use rl_env::vector::{Autoreset, Seeding, VectorEnv};
use rl_env::wrappers::TimeLimit;
use sweepstake_envs::cart_pole::CartPole;

fn alone(c: &mut Criterion) -> Result<(), Error> {
    let mut env = TimeLimit::new(CartPole::new()?, 500)?;
    let mut done = true;
    c.bench_function("CartPole-v1/step", |b| {
        b.iter(|| {
            if done {
                let _ = env.reset(None, &Info::new());
            }
            let step = env.step(black_box(&Element::Discrete(1)));
            done = step.as_ref().is_ok_and(|step| step.done());
            step
        });
    });
    Ok(())
}

fn vectors(c: &mut Criterion) -> Result<(), Error> {
    for n in [8, 64, 1024] {
        let mut group = c.benchmark_group(format!("CartPole-v1/vector of {n}"));
        group.throughput(Throughput::Elements(n as u64));
        for parallel in [false, true] {
            let envs = (0..n).map(|_| TimeLimit::new(CartPole::new()?, 500));
            let vector = VectorEnv::new(envs.collect::<Result<_, Error>>()?, Autoreset::NextStep)?;
            let mut vector = if parallel { vector.parallel() } else { vector };
            vector.reset(Seeding::From(0), &Info::new())?;
            let actions = vec![Element::Discrete(1); n];
            let name = if parallel { "rayon" } else { "sync" };
            group.bench_function(name, |b| b.iter(|| vector.step(black_box(&actions))));
        }
    }
    Ok(())
}

fn all(c: &mut Criterion) {
    alone(c).and_then(|()| vectors(c)).expect("the environment is sound");
}

criterion_group!(benches, all);
criterion_main!(benches);

//! Policies, in environments and as search methods.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::env::{Env, Info};
use rl_env::episode::{Episode, Form, Settings};
use rl_env::policy::{Collector, Policy, PolicyAgent, Transition, play};
use rl_env::problem::{Outcome, Problem, evaluate};
use rl_env::seed::{Rng, Seed};
use rl_env::space::{Element, Mask, Space};

use crate::toy::{Toy, objective};

/// Acts at random and takes down what it learns.
struct Recorder {
    space: Space,
    rng: Rng,
    learnt: Vec<Transition>,
}

impl Policy for Recorder {
    fn act(&mut self, _: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        Ok(self.space.sample_masked(&mut self.rng, mask.unwrap_or(&Mask::Free))?)
    }
    fn learn(&mut self, transitions: &[Transition]) -> Result<(), Error> {
        self.learnt.extend_from_slice(transitions);
        Ok(())
    }
    fn snapshot(&self) -> Result<serde_json::Value, Error> {
        to_snapshot(&self.rng)
    }
    fn restore(&mut self, state: &serde_json::Value) -> Result<(), Error> {
        self.rng = from_snapshot("the recorder", state)?;
        Ok(())
    }
}

fn context(space: &DesignSpace, seed: u64) -> Context {
    Context { space: Arc::new(space.clone()), seed: Seed(seed), budget: 1000, axes: 0 }
}

fn recorder(seed: u64) -> PolicyAgent<Recorder> {
    in_rounds(seed, 10)
}

fn in_rounds(seed: u64, round: usize) -> PolicyAgent<Recorder> {
    let context = context(Toy::new().space(), seed);
    let rng = context.seed.stream("policy");
    let build = |space: &Space, _: &Space| Ok(Recorder { space: space.clone(), rng, learnt: Vec::new() });
    PolicyAgent::new(&context, 32, round, build).unwrap()
}

fn judge(problem: &impl Problem, design: &Design) -> Trial {
    let outcome = evaluate(problem, design);
    let scorer = objective().bind(problem.metrics()).unwrap();
    let reward = outcome.metrics().map(|metrics| scorer.reward(metrics));
    Trial { design: design.clone(), outcome, reward, axes: Vec::new(), cached: false }
}

/// Asks and tells until `count` designs are judged, `n` at once.
fn search(agent: &mut impl Agent, count: usize, n: usize) -> Vec<Trial> {
    let mut all = Vec::new();
    while all.len() < count {
        let designs = agent.ask(n.min(count - all.len())).unwrap();
        let trials: Vec<Trial> = designs.iter().map(|design| judge(&Toy::new(), design)).collect();
        agent.tell(&trials).unwrap();
        all.extend(trials);
    }
    all
}

#[test]
fn steps_learnt_are_those_of_the_sequential_episode() {
    let mut agent = recorder(1);
    let trials = search(&mut agent, 20, 20);
    let mut learnt = agent.policy().learnt.iter();
    let mut env = Episode::new(Toy::new(), &objective(), Settings::of(Form::Sequential)).unwrap();
    for trial in trials {
        let mut observation = env.reset(None, &Info::new()).unwrap().observation;
        loop {
            let seen = learnt.next().unwrap();
            assert_eq!((&seen.observation, &seen.mask), (&observation, &env.action_mask()));
            let step = env.step(&seen.action).unwrap();
            assert_eq!((seen.terminated, seen.truncated), (step.terminated, step.truncated));
            assert_eq!(seen.next_observation, step.observation);
            observation = step.observation;
            if step.terminated {
                assert_eq!(env.judged().unwrap().0, trial.design);
                assert!(trial.reward.is_none_or(|reward| reward == seen.reward));
                break;
            }
            assert_eq!(seen.reward, 0.0);
        }
    }
    assert!(learnt.next().is_none());
}

#[test]
fn infeasible_designs_are_worse_than_all_seen_by_the_range_seen() {
    let mut agent = in_rounds(2, 1);
    let last = |agent: &mut PolicyAgent<Recorder>, reward: Option<f64>| {
        let design = agent.ask(1).unwrap().remove(0);
        let outcome = reward.map_or_else(|| Outcome::infeasible("no", ""), |_| Outcome::Feasible([].into()));
        agent.tell(&[Trial { design, outcome, reward, axes: Vec::new(), cached: false }]).unwrap();
        agent.policy().learnt.last().unwrap().reward
    };
    assert_eq!(last(&mut agent, None), -1.0, "nothing feasible yet");
    assert_eq!(last(&mut agent, Some(-50.0)), -50.0);
    assert_eq!(last(&mut agent, None), -51.0, "a single reward has no range");
    assert_eq!(last(&mut agent, Some(-20.0)), -20.0);
    assert_eq!(last(&mut agent, None), -80.0);
}

#[test]
fn the_reward_of_infeasible_designs_stays_finite() {
    let mut agent = in_rounds(2, 1);
    for reward in [Some(f64::MAX), Some(-f64::MAX), None] {
        let design = agent.ask(1).unwrap().remove(0);
        let outcome = reward.map_or_else(|| Outcome::infeasible("no", ""), |_| Outcome::Feasible([].into()));
        agent.tell(&[Trial { design, outcome, reward, axes: Vec::new(), cached: false }]).unwrap();
    }
    assert_eq!(agent.policy().learnt.last().unwrap().reward, -f64::MAX);
}

#[test]
fn a_policy_that_has_settled_still_proposes_new_designs() {
    let four = |name: &str| Parameter::choice(name, ["a", "b", "c", "d"]);
    let space = DesignSpace::new(vec![four("x"), four("y"), four("z")]).unwrap();
    let mut agent = PolicyAgent::new(&context(&space, 0), 32, 8, |_, _| Ok(Blind)).unwrap();
    let mut designs = std::collections::HashSet::new();
    for _ in 0..4 {
        let asked = agent.ask(8).unwrap();
        designs.extend(asked.iter().map(|design| space.describe(design)));
    }
    assert!(designs.len() >= 30, "{} of 32 are new", designs.len());
}

#[test]
fn equal_seeds_propose_equal_designs() {
    let run =
        |seed| search(&mut recorder(seed), 35, 7).into_iter().map(|trial| trial.design).collect::<Vec<_>>();
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn a_snapshot_continues_the_search() {
    let mut agent = recorder(5);
    search(&mut agent, 13, 4);
    let mut other = recorder(6);
    other.restore(&agent.snapshot().unwrap()).unwrap();
    assert_eq!(search(&mut other, 30, 10), search(&mut agent, 30, 10));
    assert_eq!(other.snapshot().unwrap(), agent.snapshot().unwrap());
    assert!(agent.restore(&serde_json::json!({"policy": 1})).is_err());
}

#[test]
fn trials_that_were_cut_short_or_never_asked_do_no_harm() {
    let mut agent = recorder(7);
    let designs = agent.ask(5).unwrap();
    let foreign = judge(&Toy::new(), &Toy::new().space().first());
    let told: Vec<Trial> = designs[..2].iter().map(|design| judge(&Toy::new(), design)).collect();
    agent.tell(&[vec![foreign], told].concat()).unwrap();
    search(&mut agent, 5, 5);
    let ends = agent.policy().learnt.iter().filter(|step| step.terminated).count();
    assert_eq!(ends, 2 + 5);
}

/// Takes the level with the best mean reward of each decision, or one never tried.
struct Greedy {
    rng: Rng,
    /// Sum and number of rewards for each decision and level.
    scores: std::collections::BTreeMap<(usize, i64), (f64, f64)>,
}

fn due(observation: &Element) -> usize {
    let values = observation.as_real().unwrap();
    values[values.len() / 2..].iter().position(|value| *value == 1.0).unwrap()
}

impl Policy for Greedy {
    fn act(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        let Some(Mask::Discrete(flags)) = mask else { panic!("no mask") };
        let open: Vec<i64> = (0..flags.len() as i64).filter(|level| flags[*level as usize]).collect();
        if self.rng.chance(0.2) {
            return Ok(Element::Discrete(*self.rng.choice(&open).unwrap()));
        }
        let decision = due(observation);
        let mean =
            |level: &i64| self.scores.get(&(decision, *level)).map_or(f64::INFINITY, |(sum, n)| sum / n);
        Ok(Element::Discrete(open.into_iter().max_by(|a, b| mean(a).total_cmp(&mean(b))).unwrap()))
    }
    fn learn(&mut self, transitions: &[Transition]) -> Result<(), Error> {
        let mut start = 0;
        for (end, last) in transitions.iter().enumerate().filter(|(_, step)| step.terminated) {
            for step in &transitions[start..=end] {
                let key = (due(&step.observation), step.action.as_discrete().unwrap());
                let (sum, n) = self.scores.entry(key).or_default();
                (*sum, *n) = (*sum + last.reward, *n + 1.0);
            }
            start = end + 1;
        }
        Ok(())
    }
    fn snapshot(&self) -> Result<serde_json::Value, Error> {
        to_snapshot(&self.rng)
    }
    fn restore(&mut self, state: &serde_json::Value) -> Result<(), Error> {
        self.rng = from_snapshot("the greedy policy", state)?;
        Ok(())
    }
}

fn greedy(seed: u64) -> PolicyAgent<Greedy> {
    let context = context(Toy::new().space(), seed);
    let rng = context.seed.stream("policy");
    let build = |_: &Space, _: &Space| Ok(Greedy { rng, scores: Default::default() });
    PolicyAgent::new(&context, 8, 10, build).unwrap()
}

#[test]
fn a_policy_that_learns_finds_better_designs_than_chance() {
    let mean = |trials: &[Trial]| {
        let rewards: Vec<f64> = trials[600..].iter().filter_map(|trial| trial.reward).collect();
        rewards.iter().sum::<f64>() / rewards.len() as f64
    };
    let (learnt, chance) = (search(&mut greedy(1), 800, 10), search(&mut recorder(1), 800, 10));
    assert!(mean(&learnt) > 0.6 * mean(&chance), "{} {}", mean(&learnt), mean(&chance));
}

#[test]
fn batch_sizes_do_not_change_what_is_proposed() {
    let one_by_one = search(&mut greedy(2), 200, 1);
    for n in [3, 10, 64] {
        assert_eq!(search(&mut greedy(2), 200, n), one_by_one, "in batches of {n}");
    }
}

#[test]
fn play_gives_the_steps_of_one_episode() {
    let mut env = Episode::new(Toy::new(), &objective(), Settings::of(Form::Sequential)).unwrap();
    let space = env.action_space().clone();
    let mut policy = Recorder { space, rng: Seed(1).stream("policy"), learnt: Vec::new() };
    let steps = play(&mut env, &mut policy, Some(1)).unwrap();
    assert!(steps.windows(2).all(|pair| pair[0].next_observation == pair[1].observation));
    assert!(steps.iter().rev().skip(1).all(|step| !step.terminated) && steps.last().unwrap().terminated);
    assert!(policy.learnt.is_empty());
}

#[test]
fn a_collector_goes_on_where_it_stopped() {
    let env = || Episode::new(Toy::new(), &objective(), Settings::of(Form::Sequential)).unwrap();
    let mut collector = Collector::new(vec![env(), env()], 3).unwrap();
    let space = collector.action_space().clone();
    let mut policy = Recorder { space, rng: Seed(1).stream("policy"), learnt: Vec::new() };
    let mut stretches: Vec<Vec<Transition>> = vec![Vec::new(); 2];
    let mut returns = Vec::new();
    for _ in 0..10 {
        let collected = collector.collect(&mut policy, 3).unwrap();
        for (stretch, steps) in stretches.iter_mut().zip(collected.transitions.chunks(3)) {
            assert!(steps[2].terminated || steps[2].truncated, "a stretch ends");
            stretch.extend_from_slice(steps);
        }
        returns.extend(collected.returns);
    }
    let ends = stretches.iter().flatten().filter(|step| step.terminated).count();
    assert_eq!(returns.len(), ends);
    for pair in stretches.iter().flat_map(|stretch| stretch.windows(2)).filter(|pair| !pair[0].terminated) {
        assert_eq!(pair[0].next_observation, pair[1].observation);
    }
}

/// Ignores the mask.
struct Blind;

impl Policy for Blind {
    fn act(&mut self, _: &Element, _: Option<&Mask>) -> Result<Element, Error> {
        Ok(Element::Discrete(0))
    }
    fn snapshot(&self) -> Result<serde_json::Value, Error> {
        Ok(serde_json::Value::Null)
    }
    fn restore(&mut self, _: &serde_json::Value) -> Result<(), Error> {
        Ok(())
    }
}

#[test]
fn masked_actions_of_a_policy_are_refused() {
    let space = DesignSpace::new(vec![Parameter::permutation("order", ["a", "b"])]).unwrap();
    let mut agent = PolicyAgent::new(&context(&space, 0), 32, 1, |_, _| Ok(Blind)).unwrap();
    assert!(matches!(agent.ask(1), Err(Error::Value { .. })));
}

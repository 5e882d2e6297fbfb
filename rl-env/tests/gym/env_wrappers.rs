//! Wrappers around environments.

use rl_env::Error;
use rl_env::agent::to_snapshot;
use rl_env::env::{Env, Info, Reset, Step};
use rl_env::episode::{Episode, Form, Settings};
use rl_env::seed::np_random;
use rl_env::space::{BoxSpace, DType, Element, Mask, Space};
use rl_env::wrappers::{
    FlattenAction, FlattenObservation, NormalizeObservation, NormalizeReward, OrderEnforcing, PassiveChecker,
    RecordEpisodeStatistics, RescaleAction, TimeLimit,
};

use crate::toy::{Toy, Walk, go_on, objective, play};

fn episode(form: Form) -> Episode<Toy> {
    Episode::new(Toy::new(), &objective(), Settings::of(form)).unwrap()
}

/// Plays back given observations and rewards; every second episode is truncated instead of terminated.
struct Tape {
    action_space: Space,
    space: Space,
    observations: Vec<Element>,
    rewards: Vec<f64>,
    lengths: Vec<usize>,
    /// Observations and rewards played, episodes started, steps left in the present one.
    at: (usize, usize, usize, usize),
}

impl Tape {
    fn new(space: Space, observations: Vec<Element>, rewards: Vec<f64>, lengths: Vec<usize>) -> Self {
        let action_space = Space::discrete(2).unwrap();
        Self { action_space, space, observations, rewards, lengths, at: (0, 0, 0, 0) }
    }

    fn next(&mut self) -> Element {
        self.at.0 += 1;
        self.observations[self.at.0 - 1].clone()
    }
}

impl Env for Tape {
    fn action_space(&self) -> &Space {
        &self.action_space
    }
    fn observation_space(&self) -> &Space {
        &self.space
    }
    fn reset(&mut self, _: Option<u64>, _: &Info) -> Result<Reset, Error> {
        self.at.3 = self.lengths[self.at.2];
        self.at.2 += 1;
        Ok(Reset { observation: self.next(), info: Info::new() })
    }
    fn step(&mut self, _: &Element) -> Result<Step, Error> {
        (self.at.1, self.at.3) = (self.at.1 + 1, self.at.3 - 1);
        let (end, odd) = (self.at.3 == 0, self.at.2 % 2 == 1);
        let (observation, reward) = (self.next(), self.rewards[self.at.1 - 1]);
        Ok(Step { observation, reward, terminated: end && odd, truncated: end && !odd, info: Info::new() })
    }
}

#[derive(serde::Deserialize)]
struct Golden {
    lengths: Vec<usize>,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    dtype: DType,
    observations: Vec<Vec<f64>>,
    rewards: Vec<f64>,
    normal_observations: Vec<Vec<f64>>,
    mean: Vec<f64>,
    variance: Vec<f64>,
    normal_rewards: Vec<f64>,
}

/// Cases of gymnasium 1.4.0, with a tape that plays them.
fn golden() -> Vec<(Case, Tape, Vec<usize>)> {
    let golden: Golden = serde_json::from_str(include_str!("../golden/normalize.json")).unwrap();
    let tape = |case: &Case| {
        let space = Space::Box(BoxSpace::uniform(-1e6, 1e6, &[3], case.dtype).unwrap());
        let observations = case.observations.iter().cloned().map(Element::Real).collect();
        Tape::new(space, observations, case.rewards.clone(), golden.lengths.clone())
    };
    let with_tape = |case: Case| {
        let tape = tape(&case);
        (case, tape, golden.lengths.clone())
    };
    golden.cases.into_iter().map(with_tape).collect()
}

fn play_tape(env: &mut impl Env, lengths: &[usize]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (mut observations, mut rewards) = (Vec::new(), Vec::new());
    for length in lengths {
        let reset = env.reset(None, &Info::new()).unwrap();
        observations.push(reset.observation.as_real().unwrap().to_vec());
        for _ in 0..*length {
            let step = env.step(&Element::Discrete(0)).unwrap();
            observations.push(step.observation.as_real().unwrap().to_vec());
            rewards.push(step.reward);
        }
    }
    (observations, rewards)
}

#[test]
fn observations_are_normalised_to_the_bit_as_by_gymnasium() {
    for (case, tape, lengths) in golden() {
        let mut env = NormalizeObservation::new(tape).unwrap();
        assert_eq!(play_tape(&mut env, &lengths).0, case.normal_observations, "{}", case.dtype);
        assert_eq!((env.moments().mean(), env.moments().variance()), (&case.mean[..], &case.variance[..]));
    }
}

#[test]
fn rewards_are_normalised_to_the_bit_as_by_gymnasium() {
    for (case, tape, lengths) in golden() {
        let mut env = NormalizeReward::new(tape, 0.9).unwrap();
        assert_eq!(play_tape(&mut env, &lengths).1, case.normal_rewards);
    }
}

#[test]
fn frozen_statistics_do_not_learn() {
    let mut env = NormalizeObservation::new(Walk::new()).unwrap();
    play(&mut env, 1, 50);
    env.freeze(true);
    let before = env.moments().clone();
    play(&mut env, 2, 50);
    assert_eq!(*env.moments(), before);
    env.freeze(false);
    play(&mut env, 2, 1);
    assert_ne!(*env.moments(), before);
    let mut env = NormalizeReward::new(Walk::new(), 0.99).unwrap();
    env.freeze(true);
    let (frozen, plain) = (play(&mut env, 2, 50), play(&mut Walk::new(), 2, 50));
    assert!(frozen.iter().zip(plain).all(|(a, b)| (a.reward - b.reward).abs() < 1e-6), "variance is still 1");
}

#[test]
fn a_time_limit_truncates_with_its_last_step_and_starts_anew_with_a_reset() {
    let mut env = TimeLimit::new(Walk::new(), 3).unwrap();
    env.reset(Some(1), &Info::from_iter([("at".to_owned(), 0.0.into())])).unwrap();
    let mut flags = Vec::new();
    for _ in 0..2 {
        for _ in 0..3 {
            let step = env.step(&Element::Real(vec![0.0])).unwrap();
            assert!(!step.terminated);
            flags.push(step.truncated);
        }
        env.reset(None, &Info::from_iter([("at".to_owned(), 0.0.into())])).unwrap();
    }
    assert_eq!(flags, [false, false, true, false, false, true]);
}

#[test]
fn a_time_limit_leaves_termination_alone() {
    let mut env = TimeLimit::new(episode(Form::Unit), 1).unwrap();
    let step = &play(&mut env, 0, 1)[0];
    assert!(step.terminated && step.truncated);
    assert!(matches!(TimeLimit::new(Walk::new(), 0), Err(Error::Value { .. })));
}

#[test]
fn stepping_before_the_first_reset_is_refused() {
    let mut env = OrderEnforcing::new(Walk::new());
    let action = Element::Real(vec![0.0]);
    assert!(matches!(env.step(&action), Err(Error::Protocol { call: "step", .. })));
    assert_eq!(env.render(), None);
    env.reset(Some(0), &Info::new()).unwrap();
    assert!(env.step(&action).is_ok() && env.render().is_some());
}

#[test]
fn a_failed_reset_starts_no_episode() {
    let mut env = OrderEnforcing::new(Walk::new());
    let options = Info::from_iter([("att".to_owned(), 0.0.into())]);
    assert!(env.reset(Some(0), &options).is_err());
    assert!(env.step(&Element::Real(vec![0.0])).is_err());
}

/// A walk with one fault.
struct Faulty(Walk, fn(&mut Step), Option<Mask>);

impl Env for Faulty {
    fn action_space(&self) -> &Space {
        self.0.action_space()
    }
    fn observation_space(&self) -> &Space {
        self.0.observation_space()
    }
    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        self.0.reset(seed, options)
    }
    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        let mut step = self.0.step(action)?;
        (self.1)(&mut step);
        Ok(step)
    }
    fn action_mask(&self) -> Option<Mask> {
        self.2.clone()
    }
}

#[test]
fn the_checker_catches_foreign_observations_bad_rewards_and_ill_formed_masks() {
    let message = |fault: fn(&mut Step), mask| {
        let mut env = PassiveChecker::new(Faulty(Walk::new(), fault, mask)).unwrap();
        let reset = env.reset(Some(0), &Info::new()).err();
        let error = reset.or_else(|| env.step(&Element::Real(vec![0.0])).err());
        error.map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(message(|_| (), None), "");
    assert!(message(|step| step.observation = Element::Real(vec![9.0, 9.0]), None).contains("observation"));
    assert!(message(|step| step.observation = Element::Discrete(0), None).contains("observation"));
    assert!(message(|step| step.reward = f64::NAN, None).contains("reward NaN"));
    assert!(message(|step| step.reward = f64::INFINITY, None).contains("reward inf"));
    assert!(message(|_| (), Some(Mask::Discrete(vec![true]))).contains("mask"));
}

#[test]
fn the_checker_refuses_foreign_actions_before_the_environment_sees_them() {
    let mut env = PassiveChecker::new(Walk::new()).unwrap();
    env.reset(Some(0), &Info::new()).unwrap();
    let before = env.snapshot();
    assert!(matches!(env.step(&Element::Real(vec![0.6])), Err(Error::Space(_))));
    assert_eq!(env.snapshot(), before);
}

#[test]
fn the_checker_finds_nothing_wrong_with_episodes() {
    for form in [Form::Native, Form::Levels, Form::Unit, Form::Sequential] {
        let checked = play(&mut PassiveChecker::new(episode(form)).unwrap(), 1, 500);
        assert_eq!(checked, play(&mut episode(form), 1, 500));
    }
}

#[test]
fn statistics_sum_up_every_episode() {
    let mut env = RecordEpisodeStatistics::new(TimeLimit::new(Walk::new(), 20).unwrap());
    let (mut sum, mut length, mut ends) = (0.0, 0, Vec::new());
    for step in play(&mut env, 5, 1000) {
        (sum, length) = (sum + step.reward, length + 1);
        assert_eq!(step.info.contains_key("episode"), step.done());
        if step.done() {
            assert_eq!(step.info["episode"], serde_json::json!({"r": sum, "l": length}));
            ends.push((std::mem::take(&mut sum), std::mem::take(&mut length)));
        }
    }
    assert_eq!(env.episode_count() as usize, ends.len());
    let remembered: Vec<(f64, u64)> = env.returns().zip(env.lengths()).collect();
    assert_eq!(remembered, ends[ends.len().saturating_sub(100)..]);
}

#[test]
fn only_the_last_hundred_episodes_are_remembered() {
    let mut env = RecordEpisodeStatistics::new(episode(Form::Unit));
    play(&mut env, 0, 150);
    assert_eq!((env.episode_count(), env.returns().count()), (150, 100));
}

#[test]
fn an_unfinished_episode_is_not_counted_with_the_next() {
    let mut env = RecordEpisodeStatistics::new(TimeLimit::new(Walk::new(), 4).unwrap());
    env.reset(Some(0), &Info::from_iter([("at".to_owned(), 0.0.into())])).unwrap();
    env.step(&Element::Real(vec![0.0])).unwrap();
    play(&mut env, 1, 4);
    assert!(env.lengths().all(|length| length <= 4));
}

fn without_snapshots() -> Faulty {
    Faulty(Walk::new(), |_| (), None)
}

#[test]
fn flat_observations_are_those_of_the_space() {
    let space =
        Space::dict([("gear", Space::discrete(3).unwrap()), ("load", Space::interval(0.0, 9.0).unwrap())]);
    let element = Element::dict([("gear", Element::Discrete(2)), ("load", Element::Real(vec![4.0]))]);
    let tape = Tape::new(space.unwrap(), vec![element; 2], vec![0.0], vec![1]);
    let mut env = FlattenObservation::new(tape).unwrap();
    let flat = Element::Real(vec![0.0, 0.0, 1.0, 4.0]);
    assert_eq!(env.reset(None, &Info::new()).unwrap().observation, flat);
    assert_eq!(env.step(&Element::Discrete(0)).unwrap().observation, flat);
    assert!(env.observation_space().contains(&flat));
    let varying = Tape::new(Space::sequence(Space::discrete(3).unwrap()), Vec::new(), Vec::new(), Vec::new());
    assert!(matches!(FlattenObservation::new(varying), Err(Error::Space(_))));
}

#[test]
fn rescaled_actions_meet_both_ends_and_the_middle() {
    let mut env = RescaleAction::new(Walk::new(), -1.0, 1.0).unwrap();
    assert_eq!(*env.action_space(), Space::interval(-1.0, 1.0).unwrap());
    for (given, inner) in [(-1.0, -0.5), (0.0, 0.0), (1.0, 0.5), (0.5, 0.25)] {
        let mut plain = Walk::new();
        plain.reset(Some(3), &Info::new()).unwrap();
        env.reset(Some(3), &Info::new()).unwrap();
        let step = env.step(&Element::Real(vec![given])).unwrap();
        assert_eq!(step, plain.step(&Element::Real(vec![inner])).unwrap());
    }
    assert!(matches!(env.step(&Element::Real(vec![1.5])), Err(Error::Space(_))));
}

#[test]
fn rescaling_needs_bounded_reals_and_a_real_interval() {
    assert!(matches!(RescaleAction::new(Walk::new(), 1.0, 1.0), Err(Error::Value { .. })));
    assert!(matches!(RescaleAction::new(Walk::new(), f64::NAN, 1.0), Err(Error::Value { .. })));
    assert!(matches!(RescaleAction::new(episode(Form::Levels), 0.0, 1.0), Err(Error::Config { .. })));
}

/// Wants a tuple of every discrete kind and takes down what it gets.
struct Scribe(Space, Space, Vec<Element>, Option<Mask>);

impl Scribe {
    fn new(action_space: Space, mask: Option<Mask>) -> Self {
        Self(action_space, Space::discrete(1).unwrap(), Vec::new(), mask)
    }
}

impl Env for Scribe {
    fn action_space(&self) -> &Space {
        &self.0
    }
    fn observation_space(&self) -> &Space {
        &self.1
    }
    fn reset(&mut self, _: Option<u64>, _: &Info) -> Result<Reset, Error> {
        Ok(Reset { observation: Element::Discrete(0), info: Info::new() })
    }
    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.0.check(action)?;
        self.2.push(action.clone());
        let info = Info::from_iter([("action".to_owned(), to_snapshot(action)?)]);
        Ok(Step { observation: Element::Discrete(0), reward: 0.0, terminated: false, truncated: false, info })
    }
    fn action_mask(&self) -> Option<Mask> {
        self.3.clone()
    }
}

fn discrete_parts() -> Space {
    let gear = Space::Discrete(rl_env::space::Discrete::new(4, -1).unwrap());
    let pair = Space::multi_discrete(&[2, 3]).unwrap();
    let bits = Space::multi_binary(2).unwrap();
    Space::tuple([gear, Space::dict([("pair", pair), ("bits", bits)]).unwrap()]).unwrap()
}

fn action_of(step: &Step) -> Element {
    serde_json::from_value(step.info["action"].clone()).unwrap()
}

#[test]
fn flat_levels_reach_every_discrete_part() {
    let mut env = FlattenAction::discrete(Scribe::new(discrete_parts(), None)).unwrap();
    assert_eq!(*env.action_space(), Space::multi_discrete(&[4, 2, 3, 2, 2]).unwrap());
    let step = env.step(&Element::MultiDiscrete(vec![3, 1, 2, 0, 1])).unwrap();
    let inside =
        [("pair", Element::MultiDiscrete(vec![1, 2])), ("bits", Element::MultiBinary(vec![false, true]))];
    assert_eq!(action_of(&step), Element::Tuple(vec![Element::Discrete(2), Element::dict(inside)]));
}

#[test]
fn flat_coordinates_reach_both_ends_of_everything() {
    let reals = Space::interval(-3.0, 5.0).unwrap();
    let wholes = Space::Box(BoxSpace::uniform(2.0, 4.0, &[1], DType::Int32).unwrap());
    let space = Space::tuple([discrete_parts(), reals, wholes]).unwrap();
    let mut env = FlattenAction::continuous(Scribe::new(space.clone(), None)).unwrap();
    assert_eq!(*env.action_space(), Space::boxed(0.0, 1.0, &[7]).unwrap());
    let mut at =
        |u: f64| action_of(&env.step(&Element::Real(vec![u; 7])).unwrap()).as_parts().unwrap().to_vec();
    assert_eq!(at(0.0)[1..], [Element::Real(vec![-3.0]), Element::Real(vec![2.0])]);
    assert_eq!(at(1.0)[1..], [Element::Real(vec![5.0]), Element::Real(vec![4.0])]);
    assert_eq!(at(0.0)[0].as_parts().unwrap()[0], Element::Discrete(-1));
    assert_eq!(at(1.0)[0].as_parts().unwrap()[0], Element::Discrete(2));
    let mut rng = np_random(0);
    for _ in 0..500 {
        let action = env.action_space().sample(&mut rng);
        assert!(space.contains(&action_of(&env.step(&action).unwrap())));
    }
}

#[test]
fn flat_masks_say_what_the_masks_inside_say() {
    let dict = Mask::dict([
        ("pair", Mask::MultiDiscrete(vec![vec![true, false], vec![false, true, true]])),
        ("bits", Mask::MultiBinary(vec![Some(true), None])),
    ]);
    let inner = Mask::Tuple(vec![Mask::Discrete(vec![false, true, true, false]), dict]);
    let mut env = FlattenAction::discrete(Scribe::new(discrete_parts(), Some(inner.clone()))).unwrap();
    let flat = env.action_mask().unwrap();
    let wanted: [&[bool]; 5] =
        [&[false, true, true, false], &[true, false], &[false, true, true], &[false, true], &[true, true]];
    assert_eq!(flat, Mask::MultiDiscrete(wanted.map(<[bool]>::to_vec).to_vec()));
    let mut rng = np_random(0);
    for _ in 0..200 {
        let action = env.action_space().sample_masked(&mut rng, &flat).unwrap();
        assert!(discrete_parts().allows(&inner, &action_of(&env.step(&action).unwrap())));
    }
}

#[test]
fn actions_without_a_flat_form_are_refused() {
    let refused = |space: Space| FlattenAction::continuous(Scribe::new(space, None)).is_err();
    assert!(refused(Space::text(0, 5).unwrap()));
    assert!(refused(Space::interval(0.0, f64::INFINITY).unwrap()));
    assert!(FlattenAction::discrete(Walk::new()).is_err(), "reals have no levels");
}

/// The rule every wrapper keeps: what follows a snapshot follows its restoration elsewhere.
fn continues<E: Env>(make: impl Fn() -> E) {
    let mut env = make();
    play(&mut env, 11, 37);
    let saved = env.snapshot().unwrap();
    let mut other = make();
    other.restore(&saved).unwrap();
    assert_eq!(other.snapshot().unwrap(), saved);
    let after = |env: &mut E| go_on(env, &mut np_random(5), 60);
    assert_eq!(after(&mut other), after(&mut env));
    assert_eq!(other.snapshot(), env.snapshot());
    for text in ["{}", "null", r#"{"wrapper":"x","env":null}"#] {
        assert!(make().restore(&serde_json::from_str(text).unwrap()).is_err());
    }
}

#[test]
fn snapshots_hold_the_state_of_wrapper_and_environment() {
    continues(|| TimeLimit::new(Walk::new(), 9).unwrap());
    continues(|| OrderEnforcing::new(Walk::new()));
    continues(|| PassiveChecker::new(Walk::new()).unwrap());
    continues(|| RecordEpisodeStatistics::new(Walk::new()));
    continues(|| NormalizeObservation::new(Walk::new()).unwrap());
    continues(|| NormalizeReward::new(Walk::new(), 0.99).unwrap());
    continues(|| FlattenObservation::new(Walk::new()).unwrap());
    continues(|| RescaleAction::new(Walk::new(), -1.0, 1.0).unwrap());
    continues(|| FlattenAction::continuous(Walk::new()).unwrap());
    continues(|| FlattenAction::discrete(episode(Form::Sequential)).unwrap());
    continues(|| {
        let inner = NormalizeReward::new(NormalizeObservation::new(Walk::new()).unwrap(), 0.9).unwrap();
        RecordEpisodeStatistics::new(TimeLimit::new(OrderEnforcing::new(inner), 12).unwrap())
    });
}

#[test]
fn an_environment_without_snapshots_stays_without() {
    assert_eq!(TimeLimit::new(without_snapshots(), 3).unwrap().snapshot(), None);
}

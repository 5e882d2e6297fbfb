//! Vectors of environments.

use proptest::prelude::*;
use rl_env::Error;
use rl_env::env::{Env, Info, Reset, Step};
use rl_env::episode::{Episode, Form, Settings};
use rl_env::seed::{Rng, np_random};
use rl_env::space::{Element, Space};
use rl_env::vector::{Autoreset, Seeding, VectorEnv, VectorStep, stack_infos, unstack};
use rl_env::wrappers::TimeLimit;
use serde_json::json;

use crate::toy::{Toy, Walk, objective};

const MODES: [Autoreset; 2] = [Autoreset::NextStep, Autoreset::SameStep];

fn walks(n: usize, mode: Autoreset) -> VectorEnv<TimeLimit<Walk>> {
    let envs = (0..n).map(|_| TimeLimit::new(Walk::new(), 15).unwrap()).collect();
    VectorEnv::new(envs, mode).unwrap()
}

fn actions(vector: &VectorEnv<impl Env>, rng: &mut Rng) -> Vec<Element> {
    (0..vector.len()).map(|_| vector.single_action_space().sample(rng)).collect()
}

fn row(step: &Element, index: usize) -> &[f64] {
    &step.as_real().unwrap()[2 * index..2 * index + 2]
}

fn play(vector: &mut VectorEnv<impl Env>, seed: u64, steps: usize) -> Vec<VectorStep> {
    let mut rng = np_random(seed);
    vector.reset(Seeding::From(seed), &Info::new()).unwrap();
    (0..steps)
        .map(|_| {
            let actions = actions(vector, &mut rng);
            vector.step(&actions).unwrap()
        })
        .collect()
}

#[test]
fn a_seed_counts_up_over_the_environments() {
    let mut vector = walks(4, Autoreset::NextStep);
    let from = vector.reset(Seeding::From(7), &Info::new()).unwrap().observation;
    for index in 0..4 {
        let single = Walk::new().reset(Some(7 + index as u64), &Info::new()).unwrap().observation;
        assert_eq!(row(&from, index), single.as_real().unwrap());
    }
    let each = Seeding::Each(vec![Some(7), Some(8), Some(9), Some(10)]);
    assert_eq!(vector.reset(each, &Info::new()).unwrap().observation, from);
}

#[test]
fn without_seeds_the_randomness_goes_on() {
    let mut vector = walks(2, Autoreset::NextStep);
    let mut reset = |seeding| vector.reset(seeding, &Info::new()).unwrap().observation;
    let first = reset(Seeding::From(1));
    let second = reset(Seeding::Continue);
    assert_ne!(first, second);
    assert_eq!(reset(Seeding::From(1)), first);
    assert_eq!(reset(Seeding::Continue), second);
    let third = reset(Seeding::Each(vec![Some(1), None]));
    assert_eq!(row(&third, 0), row(&first, 0));
    assert_ne!(row(&third, 1), row(&first, 1));
}

#[test]
fn next_step_ignores_the_action_after_an_end_and_resets() {
    let mut vector = walks(3, Autoreset::NextStep);
    let mut singles: Vec<_> = (0..3).map(|_| TimeLimit::new(Walk::new(), 15).unwrap()).collect();
    vector.reset(Seeding::From(5), &Info::new()).unwrap();
    for (i, env) in singles.iter_mut().enumerate() {
        env.reset(Some(5 + i as u64), &Info::new()).unwrap();
    }
    let (mut rng, mut over, mut resets) = (np_random(0), [false; 3], 0);
    for _ in 0..300 {
        let mut actions = actions(&vector, &mut rng);
        // Not even an action of the space is needed where it is ignored.
        over.iter()
            .zip(&mut actions)
            .filter(|(over, _)| **over)
            .for_each(|(_, a)| *a = Element::Discrete(99));
        let step = vector.step(&actions).unwrap();
        for i in 0..3 {
            let found =
                (row(&step.observation, i).to_vec(), step.rewards[i], step.terminated[i], step.truncated[i]);
            let wanted = if over[i] {
                resets += 1;
                let reset = singles[i].reset(None, &Info::new()).unwrap();
                (reset.observation, 0.0, false, false)
            } else {
                let step = singles[i].step(&actions[i]).unwrap();
                (step.observation, step.reward, step.terminated, step.truncated)
            };
            over[i] = wanted.2 || wanted.3;
            assert_eq!(found, (wanted.0.as_real().unwrap().to_vec(), wanted.1, wanted.2, wanted.3));
        }
    }
    assert!(resets > 20);
}

#[test]
fn same_step_gives_the_new_observation_and_keeps_the_last_one_in_the_info() {
    let mut vector = walks(2, Autoreset::SameStep);
    let mut single = TimeLimit::new(Walk::new(), 15).unwrap();
    vector.reset(Seeding::From(2), &Info::new()).unwrap();
    single.reset(Some(2), &Info::new()).unwrap();
    let (mut rng, mut ends) = (np_random(0), 0);
    for _ in 0..200 {
        let actions = actions(&vector, &mut rng);
        let step = vector.step(&actions).unwrap();
        let alone = single.step(&actions[0]).unwrap();
        assert_eq!((step.rewards[0], step.terminated[0]), (alone.reward, alone.terminated));
        assert_eq!(step.infos[0].contains_key("final_obs"), alone.done());
        if alone.done() {
            ends += 1;
            let reset = single.reset(None, &Info::new()).unwrap();
            assert_eq!(row(&step.observation, 0), reset.observation.as_real().unwrap());
            let last = single.observation_space().from_json(&step.infos[0]["final_obs"]).unwrap();
            assert_eq!(last, alone.observation);
            assert_eq!(step.infos[0]["final_info"]["at"], alone.info["at"]);
        } else {
            assert_eq!(row(&step.observation, 0), alone.observation.as_real().unwrap());
            assert_eq!(step.infos[0], alone.info);
        }
    }
    assert!(ends > 5);
}

#[test]
fn without_autoreset_a_step_after_an_end_is_refused_until_that_one_is_reset() {
    let mut vector = walks(3, Autoreset::Disabled);
    vector.reset(Seeding::From(3), &Info::new()).unwrap();
    let mut rng = np_random(1);
    for _ in 0..20 {
        let step = loop {
            let actions = actions(&vector, &mut rng);
            let step = vector.step(&actions).unwrap();
            if step.terminated.iter().chain(&step.truncated).any(|flag| *flag) {
                break step;
            }
        };
        let next = actions(&vector, &mut rng);
        let before = vector.snapshot();
        assert!(matches!(vector.step(&next), Err(Error::Protocol { call: "step", .. })));
        assert_eq!(vector.snapshot(), before, "a refused step moves nobody");
        let mask: Vec<bool> = step.terminated.iter().zip(&step.truncated).map(|(a, b)| *a || *b).collect();
        let reset = vector.reset_where(&mask, Seeding::Continue, &Info::new()).unwrap();
        for (index, chosen) in mask.iter().enumerate() {
            assert_eq!(row(&reset.observation, index) == row(&step.observation, index), !chosen);
        }
    }
}

#[test]
fn a_masked_reset_reseeds_only_the_chosen() {
    let mut vector = walks(3, Autoreset::Disabled);
    let first = vector.reset(Seeding::From(3), &Info::new()).unwrap();
    let mut actions = actions(&vector, &mut np_random(0));
    actions.fill(Element::Real(vec![0.1]));
    let step = vector.step(&actions).unwrap();
    let reset = vector.reset_where(&[false, true, false], Seeding::From(3), &Info::new()).unwrap();
    assert_eq!(row(&reset.observation, 0), row(&step.observation, 0));
    assert_eq!(row(&reset.observation, 1), row(&first.observation, 1));
    assert_eq!(row(&reset.observation, 2), row(&step.observation, 2));
}

#[test]
fn ill_formed_masks_seeds_and_actions_are_refused() {
    let mut vector = walks(2, Autoreset::Disabled);
    let none = Info::new();
    let protocol = |result: Result<_, Error>| matches!(result, Err(Error::Protocol { .. }));
    assert!(protocol(vector.reset_where(&[true, false], Seeding::Continue, &none).map(|_| ())));
    assert!(protocol(vector.step(&vec![Element::Real(vec![0.0]); 2]).map(|_| ())));
    vector.reset(Seeding::From(0), &none).unwrap();
    let value = |result: Result<_, Error>| matches!(result, Err(Error::Value { .. }));
    assert!(value(vector.reset_where(&[false, false], Seeding::Continue, &none).map(|_| ())));
    assert!(value(vector.reset_where(&[true], Seeding::Continue, &none).map(|_| ())));
    assert!(value(vector.reset(Seeding::Each(vec![None; 3]), &none).map(|_| ())));
    assert!(value(vector.step(&[Element::Real(vec![0.0])]).map(|_| ())));
    assert!(matches!(vector.step(&vec![Element::Real(vec![9.0]); 2]), Err(Error::Space(_))));
}

#[test]
fn empty_and_mixed_vectors_are_refused() {
    assert!(matches!(VectorEnv::<Walk>::new(Vec::new(), Autoreset::NextStep), Err(Error::Config { .. })));
    let episode = |form| Episode::new(Toy::new(), &objective(), Settings::of(form)).unwrap();
    let mixed = vec![episode(Form::Unit), episode(Form::Levels)];
    assert!(matches!(VectorEnv::new(mixed, Autoreset::NextStep), Err(Error::Config { .. })));
}

#[test]
fn threads_change_nothing() {
    for mode in MODES {
        let alone = play(&mut walks(37, mode), 4, 100);
        for threads in [1, 2, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let together = pool.install(|| play(&mut walks(37, mode).parallel(), 4, 100));
            assert_eq!(together, alone, "{threads} threads");
        }
    }
}

#[test]
fn errors_are_those_of_the_first_environment_with_or_without_threads() {
    let errors =
        [walks(5, Autoreset::NextStep), walks(5, Autoreset::NextStep).parallel()].map(|mut vector| {
            vector.reset(Seeding::From(0), &Info::new()).unwrap();
            let mut actions = vec![Element::Real(vec![0.0]); 5];
            (actions[3], actions[1]) = (Element::Discrete(0), Element::Real(vec![7.0]));
            (vector.step(&actions).unwrap_err(), vector.snapshot())
        });
    assert!(errors[0].0.to_string().contains("7 is outside"));
    assert_eq!(errors[0], errors[1]);
}

#[test]
fn observations_are_of_the_batched_space() {
    for mode in MODES {
        let mut vector = walks(3, mode);
        assert_eq!(*vector.observation_space(), Space::boxed(-2.0, 2.0, &[3, 2]).unwrap());
        let steps = play(&mut vector, 0, 50);
        assert!(steps.iter().all(|step| vector.observation_space().contains(&step.observation)));
    }
}

/// Gives observations of these lengths, one environment each.
struct Uneven(Space, usize);

impl Env for Uneven {
    fn action_space(&self) -> &Space {
        &self.0
    }
    fn observation_space(&self) -> &Space {
        &self.0
    }
    fn reset(&mut self, _: Option<u64>, _: &Info) -> Result<Reset, Error> {
        Ok(Reset { observation: Element::Real(vec![0.5; self.1]), info: Info::new() })
    }
    fn step(&mut self, _: &Element) -> Result<Step, Error> {
        Err(Error::Protocol { call: "step", problem: "there are no steps".into() })
    }
}

#[test]
fn observations_outside_their_space_are_refused_even_if_the_batch_has_the_right_size() {
    for lengths in [[2, 2], [1, 3], [3, 1], [2, 1]] {
        let space = Space::boxed(0.0, 1.0, &[2]).unwrap();
        let envs = lengths.map(|length| Uneven(space.clone(), length)).into();
        let reset = VectorEnv::new(envs, Autoreset::NextStep).unwrap().reset(Seeding::Continue, &Info::new());
        assert_eq!(reset.is_ok(), lengths == [2, 2], "{lengths:?}");
    }
}

#[test]
fn batched_actions_do_what_single_ones_do() {
    let (mut a, mut b) = (walks(4, Autoreset::NextStep), walks(4, Autoreset::NextStep));
    let mut rng = np_random(0);
    a.reset(Seeding::From(0), &Info::new()).unwrap();
    b.reset(Seeding::From(0), &Info::new()).unwrap();
    for _ in 0..50 {
        let batch = a.action_space().sample(&mut rng);
        let single = unstack(a.single_action_space(), &batch, 4).unwrap();
        assert_eq!(a.step_batch(&batch).unwrap(), b.step(&single).unwrap());
    }
}

#[test]
fn vectors_of_masked_episodes_can_be_played() {
    let envs =
        (0..5).map(|_| Episode::new(Toy::new(), &objective(), Settings::of(Form::Sequential)).unwrap());
    let mut vector = VectorEnv::new(envs.collect(), Autoreset::NextStep).unwrap();
    vector.reset(Seeding::Continue, &Info::new()).unwrap();
    let (mut rng, mut designs) = (np_random(3), 0);
    for _ in 0..200 {
        let space = vector.single_action_space();
        let pick =
            |mask: Option<_>| mask.map_or(Ok(Element::Discrete(0)), |m| space.sample_masked(&mut rng, &m));
        let actions: Vec<_> = vector.action_masks().into_iter().map(pick).collect::<Result<_, _>>().unwrap();
        designs += vector.step(&actions).unwrap().terminated.iter().filter(|end| **end).count();
    }
    assert!(designs > 50);
}

#[test]
fn a_snapshot_continues_the_whole_vector() {
    for mode in MODES {
        let mut vector = walks(4, mode);
        play(&mut vector, 6, 33);
        let mut other = walks(4, mode);
        other.restore(&vector.snapshot().unwrap()).unwrap();
        let mut rngs = [np_random(1), np_random(1)];
        for _ in 0..60 {
            let steps = [
                vector.step(&actions(&vector, &mut rngs[0])).unwrap(),
                other.step(&actions(&other, &mut rngs[1])).unwrap(),
            ];
            assert_eq!(steps[0], steps[1]);
        }
        assert!(walks(5, mode).restore(&vector.snapshot().unwrap()).is_err());
    }
}

#[test]
fn infos_are_stacked_as_by_gymnasium() {
    // What `VectorEnv._add_info` of gymnasium 1.4.0 makes of these, arrays written as lists.
    let infos = [
        json!({"a": 1, "r": {"l": 2.5}, "final_obs": [1.0, 2.0]}),
        json!({"ok": true, "r": {"l": 3.5, "m": "x"}}),
        json!({}),
    ];
    let infos: Vec<Info> = infos.iter().map(|info| info.as_object().unwrap().clone()).collect();
    let stacked = json!({
        "a": [1, 0, 0], "_a": [true, false, false],
        "r": {"l": [2.5, 3.5, 0.0], "_l": [true, true, false], "m": [null, "x", null], "_m": [false, true, false]},
        "_r": [true, true, false],
        "final_obs": [[1.0, 2.0], null, null], "_final_obs": [true, false, false],
        "ok": [false, true, false], "_ok": [false, true, false],
    });
    assert_eq!(json!(stack_infos(&infos)), stacked);
    assert_eq!(json!(stack_infos(&[])), json!({}));
}

#[test]
fn values_of_mixed_kinds_are_kept_whole() {
    let infos = [json!({"x": {"y": 1}}), json!({"x": 2})];
    let infos: Vec<Info> = infos.iter().map(|info| info.as_object().unwrap().clone()).collect();
    assert_eq!(json!(stack_infos(&infos))["x"], json!([{"y": 1}, 2]));
}

fn spaces() -> Vec<Space> {
    let simple = vec![
        Space::discrete(4).unwrap(),
        Space::boxed(-1.0, 1.0, &[2, 2]).unwrap(),
        Space::multi_discrete(&[2, 5]).unwrap(),
        Space::multi_binary(3).unwrap(),
        Space::text(0, 4).unwrap(),
        Space::sequence(Space::discrete(2).unwrap()),
    ];
    let dict = Space::dict(["a", "b", "c", "d", "e", "f"].into_iter().zip(simple.clone())).unwrap();
    let tuple = Space::tuple(simple.clone()).unwrap();
    [simple, vec![dict, tuple]].concat()
}

proptest! {
    #[test]
    fn unstack_undoes_stack(seed: u64, n in 1usize..6) {
        let mut rng = np_random(seed);
        for space in spaces() {
            let elements: Vec<Element> = (0..n).map(|_| space.sample(&mut rng)).collect();
            let batch = space.stack(&elements).unwrap();
            prop_assert_eq!(unstack(&space, &batch, n).unwrap(), elements);
            prop_assert!(unstack(&space, &batch, n + 1).is_err());
        }
    }
}

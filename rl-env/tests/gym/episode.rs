//! Both forms of an episode.

use proptest::prelude::*;
use rl_env::Error;
use rl_env::design::{Constraint, Design, DesignSpace, Parameter, Value};
use rl_env::env::{Env, Info};
use rl_env::episode::{Episode, Form, INACTIVE, Settings, UNDECIDED, symexp, symlog};
use rl_env::objective::Objective;
use rl_env::problem::{Metric, Outcome, Problem, evaluate};
use rl_env::seed::np_random;
use rl_env::space::{Element, Mask, Role, Space};

use crate::toy::{Toy, objective, play, sample};

const FORMS: [Form; 4] = [Form::Native, Form::Levels, Form::Unit, Form::Sequential];

fn episode(form: Form) -> Episode<Toy> {
    Episode::new(Toy::new(), &objective(), Settings::of(form)).unwrap()
}

/// Runs the actions that lead to a design and gives the last step.
fn judge(env: &mut Episode<impl Problem>, design: &Design) -> rl_env::env::Step {
    env.reset(None, &Info::new()).unwrap();
    let mut last = None;
    for action in env.actions_to(design).unwrap() {
        assert!(last.is_none_or(|step: rl_env::env::Step| !step.done()), "ended early");
        last = Some(env.step(&action).unwrap());
    }
    last.unwrap()
}

/// A design whose reals lie on the grid of levels, so that every form can express it.
fn on_grid(space: &DesignSpace, seed: u64) -> Design {
    let design = space.sample(&mut np_random(seed));
    space.from_levels(&space.to_levels(&design, 32), 32).unwrap()
}

#[test]
fn every_form_rewards_a_design_alike() {
    for seed in 0..200 {
        let design = on_grid(Toy::new().space(), seed);
        let rewards = FORMS.map(|form| judge(&mut episode(form), &design).reward);
        // The native form goes through a logarithm and the unit form through a share of the range.
        let close = |reward: &f64| (reward - rewards[3]).abs() <= 1e-9 * rewards[3].abs();
        assert!(rewards.iter().all(close), "{design:?}: {rewards:?}");
        assert_eq!(rewards[1], rewards[3], "levels and sequential, {design:?}");
    }
}

#[test]
fn the_reward_is_that_of_the_objective() {
    let toy = Toy::new();
    let scorer = objective().bind(toy.metrics()).unwrap();
    for seed in 0..100 {
        let design = on_grid(toy.space(), seed);
        let step = judge(&mut episode(Form::Sequential), &design);
        match evaluate(&toy, &design) {
            Outcome::Feasible(metrics) => assert_eq!(step.reward, scorer.reward(&metrics)),
            Outcome::Infeasible { .. } => assert_eq!(step.reward, -1e15),
        }
    }
}

#[test]
fn spaces_raise_no_warning_of_the_checker_but_natural_action_bounds() {
    for form in FORMS {
        let env = episode(form);
        assert_eq!(env.observation_space().limit_warnings(Role::Observation), [""; 0], "{form:?}");
        if form != Form::Native {
            assert_eq!(env.action_space().limit_warnings(Role::Action), [""; 0], "{form:?}");
        }
    }
}

#[test]
fn any_action_of_a_one_shot_space_is_a_design_of_the_problem() {
    for form in [Form::Native, Form::Levels, Form::Unit] {
        let mut env = episode(form);
        let mut rng = np_random(5);
        for _ in 0..2000 {
            env.reset(None, &Info::new()).unwrap();
            let action = env.action_space().sample(&mut rng);
            let step = env.step(&action).unwrap();
            assert!(step.terminated && !step.truncated);
            assert!(env.observation_space().contains(&step.observation), "{:?}", step.observation);
            let (design, _) = env.judged().unwrap();
            env.problem().space().check(design).unwrap();
        }
    }
}

#[test]
fn actions_to_a_design_are_of_the_space_and_lead_there() {
    for form in FORMS {
        let mut env = episode(form);
        for seed in 0..100 {
            let design = on_grid(env.problem().space(), seed);
            let actions = env.actions_to(&design).unwrap();
            assert!(actions.iter().all(|action| env.action_space().contains(action)), "{actions:?}");
            judge(&mut env, &design);
            let found = &env.judged().unwrap().0;
            for (index, (a, b)) in found.values().iter().zip(design.values()).enumerate() {
                match (a, b) {
                    (Value::Real(a), Value::Real(b)) => assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0)),
                    _ => assert_eq!(a, b, "parameter {index} in {form:?}"),
                }
            }
        }
    }
}

#[test]
fn masked_decisions_never_break_a_constraint() {
    let mut env = episode(Form::Sequential);
    for step in play(&mut env, 3, 5000).iter().filter(|step| step.done()) {
        assert_ne!(step.info["reason"], "line-tile", "{}", step.info["design"]);
    }
}

#[test]
fn a_masked_action_is_refused_and_changes_nothing() {
    let mut env = episode(Form::Sequential);
    env.reset(None, &Info::new()).unwrap();
    let before = env.snapshot();
    let Some(Mask::Discrete(flags)) = env.action_mask() else { panic!("no mask") };
    for (level, open) in flags.iter().enumerate() {
        let mut env = env.clone_at(&before);
        let result = env.step(&Element::Discrete(level as i64));
        assert_eq!(result.is_ok(), *open, "level {level}");
        if !open {
            assert!(matches!(result, Err(Error::Value { .. })));
            assert_eq!(env.snapshot(), before);
        }
    }
}

trait CloneAt {
    fn clone_at(&self, state: &Option<serde_json::Value>) -> Self;
}

impl CloneAt for Episode<Toy> {
    fn clone_at(&self, state: &Option<serde_json::Value>) -> Self {
        let mut other = episode(self.settings().form);
        other.restore(state.as_ref().unwrap()).unwrap();
        other
    }
}

#[test]
fn only_the_last_decision_is_rewarded() {
    for step in play(&mut episode(Form::Sequential), 9, 2000) {
        assert_eq!(step.terminated, step.reward != 0.0, "{step:?}");
        assert_eq!(step.info.is_empty(), !step.terminated);
    }
}

#[test]
fn inactive_parameters_are_skipped() {
    let mut env = episode(Form::Sequential);
    let space = env.problem().space();
    let plain = space.parse(["true", "plain", "0", "8", "", "0.5", "0.01", "c>k>y", "mac"]).unwrap();
    let tuned = space.parse(["true", "tuned", "0", "8", "3", "0.5", "0.01", "c>k>y", "mac"]).unwrap();
    let count = |design| env.actions_to(design).unwrap().len();
    assert_eq!(count(&plain) + 1, count(&tuned));
    let step = judge(&mut env, &plain);
    assert_eq!(step.observation.as_real().unwrap()[4], INACTIVE);
    assert_eq!(step.info["design"]["tile"], serde_json::Value::Null);
}

#[test]
fn the_observation_shows_the_decided_part_and_the_due_decision() {
    let mut env = episode(Form::Sequential);
    let first = env.reset(None, &Info::new()).unwrap().observation;
    let first = first.as_real().unwrap();
    assert_eq!(first.len(), 2 * 13);
    assert!(first[..13].iter().all(|value| *value == UNDECIDED));
    assert_eq!(first[13..].iter().sum::<f64>(), 1.0);
    assert_eq!(first[13], 1.0);
    let second = env.step(&Element::Discrete(1)).unwrap().observation;
    let second = second.as_real().unwrap();
    assert_eq!((second[0], second[1], second[13], second[14]), (0.75, UNDECIDED, 0.0, 1.0));
}

#[test]
fn an_order_shows_the_items_placed_so_far() {
    let space = DesignSpace::new(vec![Parameter::permutation("order", ["a", "b", "c", "d"])]).unwrap();
    let mut env =
        Episode::new(Only(space), &Objective::minimise("cost"), Settings::of(Form::Sequential)).unwrap();
    env.reset(None, &Info::new()).unwrap();
    let step = env.step(&Element::Discrete(2)).unwrap();
    assert_eq!(step.observation.as_real().unwrap()[..4], [-1.0, -1.0, 0.125, -1.0]);
    assert_eq!(env.action_mask().unwrap(), Mask::Discrete(vec![true, true, false, true]));
}

/// Costs nothing, whatever the space.
struct Only(DesignSpace);

impl Problem for Only {
    fn space(&self) -> &DesignSpace {
        &self.0
    }
    fn metrics(&self) -> &[Metric] {
        const METRICS: &[Metric] = &[Metric::new("cost", "", "Nothing.")];
        METRICS
    }
    fn evaluate(&self, _: &Design) -> Outcome {
        Outcome::Feasible([0.0].into())
    }
}

fn two_integers(constraint: Constraint) -> Result<Episode<Only>, Error> {
    let parameters = vec![Parameter::integer("a", 0, 3), Parameter::integer("b", 0, 3)];
    let space = DesignSpace::new(parameters).unwrap().constrain(constraint).unwrap();
    Episode::new(Only(space), &Objective::minimise("cost"), Settings::of(Form::Sequential))
}

#[test]
fn a_dead_end_ends_the_episode_with_the_constraint_as_reason() {
    // Judged only when both are chosen, so that the mask cannot see a = 0 coming.
    let rule = Constraint::new("never-zero", "a above 0", ["a", "b"], |v| v[0].number() > Some(0.0));
    let mut env = two_integers(rule).unwrap();
    env.reset(None, &Info::new()).unwrap();
    let step = env.step(&Element::Discrete(0)).unwrap();
    assert!(step.terminated);
    assert_eq!((step.reward, &step.info["reason"]), (-1e15, &"never-zero".into()));
}

#[test]
fn a_space_without_a_legal_first_decision_is_refused() {
    let rule = Constraint::partial("never", "nothing is legal", ["a"], |_| false);
    assert!(matches!(two_integers(rule), Err(Error::Declaration { .. })));
}

#[test]
fn infeasible_designs_get_the_reward_of_the_settings_and_a_reason() {
    let settings = Settings { infeasible_reward: Some(-5.0), ..Settings::of(Form::Unit) };
    let mut env = Episode::new(Toy::new(), &objective(), settings).unwrap();
    let broken = env.problem().space().parse(["true", "broken", "0", "8", "", "0.5", "0.01", "c>k>y", "mac"]);
    let step = judge(&mut env, &broken.unwrap());
    assert_eq!(step.reward, -5.0);
    assert_eq!((&step.info["feasible"], &step.info["reason"]), (&false.into(), &"broken-mode".into()));
    assert_eq!(step.info["metrics"], serde_json::json!({}));
    assert_eq!(step.observation.as_real().unwrap(), [0.0, 0.0, 0.0]);
}

#[test]
fn infeasible_rewards_have_to_be_finite_and_resolutions_in_range() {
    let refused = |settings| Episode::new(Toy::new(), &objective(), settings).is_err();
    assert!(refused(Settings { infeasible_reward: Some(f64::NAN), ..Settings::default() }));
    assert!(refused(Settings { infeasible_reward: Some(f64::NEG_INFINITY), ..Settings::default() }));
    assert!(refused(Settings { resolution: 1, ..Settings::default() }));
    assert!(refused(Settings { resolution: 1025, ..Settings::default() }));
}

#[test]
fn infeasible_is_worse_than_anything_where_rewards_cannot_be_negative() {
    let goals = vec![rl_env::objective::Goal { metric: "cost".into(), value: 3.0 }];
    let objective = Objective::TargetRatio { goals };
    assert_eq!(rl_env::episode::default_infeasible_reward(&objective), -1.0);
}

#[test]
fn the_info_names_design_metrics_and_values() {
    let mut env = episode(Form::Native);
    let design =
        env.problem().space().parse(["true", "tuned", "-1", "8", "9", "0.5", "0.01", "y>c>k", "mac+sfu"]);
    let step = judge(&mut env, &design.unwrap());
    let shown = &step.info["design"];
    assert_eq!(shown["mode"], "tuned");
    assert_eq!(shown["order"], serde_json::json!(["y", "c", "k"]));
    assert_eq!(shown["units"], serde_json::json!(["mac", "sfu"]));
    assert_eq!(shown["banks"], -1);
    assert_eq!(step.info["metrics"]["items"], 2.0);
    assert_eq!(step.info["reason"], "");
}

#[test]
fn native_subsets_are_fitted_to_their_size() {
    let mut env = episode(Form::Native);
    let mut units = |flags: [bool; 3]| {
        env.reset(None, &Info::new()).unwrap();
        let Element::Dict(mut pairs) = env.action_space().sample(&mut np_random(0)) else { panic!() };
        pairs[8].1 = Element::MultiBinary(flags.to_vec());
        env.step(&Element::Dict(pairs)).unwrap();
        env.judged().unwrap().0.subset(8).to_vec()
    };
    assert_eq!(units([true, true, true]), [true, true, false]);
    assert_eq!(units([false, false, false]), [true, false, false]);
    assert_eq!(units([false, true, true]), [false, true, true]);
}

#[test]
fn stepping_without_a_running_episode_is_refused() {
    for form in FORMS {
        let mut env = episode(form);
        let action = env.action_space().sample(&mut np_random(0));
        assert!(matches!(env.step(&action), Err(Error::Protocol { call: "step", .. })));
    }
    let mut env = episode(Form::Unit);
    play(&mut env, 0, 1);
    let action = env.action_space().sample(&mut np_random(0));
    env.step(&action).unwrap();
    assert!(matches!(env.step(&action), Err(Error::Protocol { call: "step", .. })), "after the end");
}

#[test]
fn foreign_actions_and_options_are_refused() {
    for form in FORMS {
        let mut env = episode(form);
        env.reset(None, &Info::new()).unwrap();
        for action in [Element::Text("x".into()), Element::Discrete(-1), Element::Real(vec![f64::NAN])] {
            assert!(matches!(env.step(&action), Err(Error::Space(_))), "{form:?} {action:?}");
        }
        let options = Info::from_iter([("seeed".to_owned(), 1.into())]);
        assert!(matches!(env.reset(None, &options), Err(Error::Unknown { .. })));
    }
}

#[test]
fn equal_seeds_give_equal_episodes() {
    for form in FORMS {
        assert_eq!(play(&mut episode(form), 4, 100), play(&mut episode(form), 4, 100));
    }
}

#[test]
fn a_snapshot_continues_the_same_episode() {
    for form in FORMS {
        let mut env = episode(form);
        let mut rng = np_random(8);
        env.reset(None, &Info::new()).unwrap();
        for _ in 0..200 {
            let mut copy = env.clone_at(&env.snapshot());
            assert_eq!(copy.action_mask(), env.action_mask());
            assert_eq!(copy.render(), env.render());
            let action = sample(&env, &mut rng);
            let step = env.step(&action).unwrap();
            assert_eq!(copy.step(&action).unwrap(), step);
            assert_eq!(copy.snapshot(), env.snapshot());
            if step.done() {
                env.reset(None, &Info::new()).unwrap();
            }
        }
    }
}

#[test]
fn snapshots_of_other_things_are_refused() {
    let mut env = episode(Form::Sequential);
    env.reset(None, &Info::new()).unwrap();
    let before = env.snapshot();
    for text in [
        "{}",
        "null",
        r#"{"phase":"running","levels":[7],"judged":null}"#,
        r#"{"phase":"over","levels":[],"judged":null}"#,
        r#"{"phase":"over","levels":[],"judged":[[],{"feasible":[1.0,2.0]}]}"#,
        r#"{"phase":"running","levels":[],"judged":null,"more":1}"#,
    ] {
        let json = serde_json::from_str(text).unwrap();
        assert!(matches!(env.restore(&json), Err(Error::Snapshot { .. })), "{text}");
        assert_eq!(env.snapshot(), before);
    }
}

#[test]
fn render_tells_the_design_and_what_came_of_it() {
    let mut env = episode(Form::Sequential);
    assert_eq!(env.render().unwrap(), "nothing decided");
    env.reset(None, &Info::new()).unwrap();
    env.step(&Element::Discrete(1)).unwrap();
    assert_eq!(env.render().unwrap(), "fast=true mode=?");
    let step = play(&mut env, 1, 40).into_iter().find(|step| step.done()).unwrap();
    assert!(step.info["feasible"].is_boolean());
}

#[test]
fn settings_are_a_checked_configuration() {
    let load = |json| rl_env::schema::load::<Settings>(&json);
    assert_eq!(load(serde_json::json!({"form": "sequential"})).unwrap(), Settings::of(Form::Sequential));
    assert!(load(serde_json::json!({"form": "sequentiel"})).is_err());
    assert!(load(serde_json::json!({"resolution": 1})).is_err());
    assert!(load(serde_json::json!({"from": "unit"})).unwrap_err().to_string().contains("`form`"));
}

#[test]
fn action_spaces_have_the_documented_kinds() {
    let kinds = FORMS.map(|form| episode(form).action_space().kind());
    assert_eq!(kinds, ["Dict", "MultiDiscrete", "Box", "Discrete"]);
    let Space::Dict(native) = episode(Form::Native).action_space().clone() else { panic!() };
    let kinds: Vec<_> = native.spaces().iter().map(|(_, space)| space.kind()).collect();
    let [discrete, real] = ["Discrete", "Box"];
    let wanted = [discrete, discrete, discrete, discrete, discrete, real, real, real, "MultiBinary"];
    assert_eq!(kinds, wanted);
}

proptest! {
    #[test]
    fn symlog_is_odd_increasing_bounded_and_invertible(a: f64, b: f64) {
        prop_assume!(a.is_finite() && b.is_finite());
        prop_assert_eq!(symlog(-a), -symlog(a));
        prop_assert!(symlog(a).abs() <= rl_env::episode::SYMLOG_LIMIT);
        prop_assert!((a <= b) == (symlog(a) <= symlog(b)) || symlog(a) == symlog(b));
        let back = symexp(symlog(a));
        prop_assert!(back == a || (back - a).abs() <= 1e-12 * a.abs().max(1e-300), "{} {}", a, back);
    }
}

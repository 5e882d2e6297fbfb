use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{
    self, assert_refuses, context, every_kind, misses_by_guesses, reals, repeats, search, taste, trial,
};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("differential-evolution");

fn evolution(config: Config, space: &Arc<DesignSpace>) -> DifferentialEvolution {
    DifferentialEvolution::new(config, context(space, 5, 200))
}

fn variants() -> Vec<Json> {
    let mut variants = Vec::new();
    for variant in ["rand", "best", "current-to-pbest"] {
        for crossover in ["binomial", "exponential"] {
            variants.push(json!({"population": 8, "variant": variant, "crossover": crossover}));
        }
    }
    variants.push(json!({"population": 4, "adaptation": false, "archive": 0.0, "scale": 0.0}));
    variants.push(
        json!({"population": 8, "final_population": 4096, "crossover_rate": 1.0, "pbest": 1.0, "memory": 1}),
    );
    variants
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants());
}

#[test]
fn a_snapshot_that_cannot_be_is_refused() {
    let space = every_kind();
    let mut agent = evolution(Config::default(), &space);
    search(&mut agent, 40, 1, taste(&space));
    let point = vec![0.5; space.unit_dim()];
    let control = json!({"scale": 0.5, "rate": 0.5});
    let changes = [
        ("/population/0/point", json!([0.5])),
        ("/population/0/point/0", json!(-0.1)),
        ("/archive", json!([[]])),
        ("/history/next", json!(20)),
        ("/history/means/0/scale", json!(2.0)),
        ("/children", json!([{"point": point, "design": [], "parent": 999, "control": control}])),
        ("/spent", json!(-1)),
    ];
    assert_refuses(&mut agent, &changes);
}

#[test]
fn hardly_any_design_of_a_small_space_is_proposed_twice() {
    assert!(repeats(&ENTRY, &json!({}), 9, 300) <= 5);
}

#[test]
fn beats_random_search_on_numbers_and_names() {
    let share = misses_by_guesses(&ENTRY);
    assert!(share < 0.25, "{share}");
}

/// Equation 10 by hand: from 20 to 4 over 200 trials, (4 - 20)·spent/200 + 20.
#[test]
fn the_population_shrinks_linearly_over_the_budget() {
    let space = every_kind();
    let mut agent = evolution(Config { population: 20, ..Config::default() }, &space);
    for (spent, size) in [(0, 20), (6, 20), (7, 19), (100, 12), (199, 4), (200, 4), (9999, 4)] {
        agent.state.spent = spent;
        assert_eq!(agent.size(), size, "after {spent}");
    }
    agent.state.spent = 0;
    search(&mut agent, 200, 20, taste(&space));
    assert!(agent.state.population.len() <= 5, "{}", agent.state.population.len());
    assert!(agent.state.archive.len() <= 10, "{}", agent.state.archive.len());
}

#[test]
fn cached_trials_do_not_count_towards_the_budget() {
    let space = every_kind();
    let mut agent = evolution(Config::default(), &space);
    let mut told = trial(&agent.ask(1).unwrap()[0], Some(1.0));
    agent.tell(&[told.clone()]).unwrap();
    told.cached = true;
    agent.tell(&[told]).unwrap();
    assert_eq!(agent.state.spent, 1);
}

fn donors<'a>(parent: &'a [f64], base: &'a [f64], goal: &'a [f64], pair: [&'a [f64]; 2]) -> Donors<'a> {
    Donors { parent, base, goal, pair }
}

/// current-to-pbest/1 by hand: 0.5 + 0.5·(0.7 - 0.5) + 0.5·(0.4 - 0.2) = 0.7; beyond a bound, halfway from the
/// parent to it.
#[test]
fn a_mutant_is_moved_by_scaled_differences() {
    let mut rng = Seed(1).stream("test");
    let mut mutant = |goal: f64, plus: f64, minus: f64| {
        donors(&[0.5], &[0.5], &[goal], [&[plus], &[minus]]).mutant(Axis::Ordered, 0, 0.5, &mut rng)
    };
    assert!((mutant(0.7, 0.4, 0.2) - 0.7).abs() < 1e-12);
    assert_eq!(mutant(1.0, 1.0, 0.0), 0.75);
    assert_eq!(mutant(0.0, 0.0, 1.0), 0.25);
}

#[test]
fn a_name_changes_only_where_donors_disagree() {
    let mut rng = Seed(1).stream("test");
    let mut mutants = |goal: f64, plus: f64, minus: f64, scale: f64| -> Vec<f64> {
        let from = [0.1];
        let (goal, plus, minus) = ([goal], [plus], [minus]);
        let donors = donors(&from, &from, &goal, [&plus, &minus]);
        (0..1000).map(|_| donors.mutant(Axis::Nominal(4), 0, scale, &mut rng)).collect()
    };
    let share = |mutants: &[f64], u: f64| mutants.iter().filter(|x| **x == u).count() as f64 / 1000.0;
    assert_eq!(share(&mutants(0.2, 0.9, 0.8, 1.0), 0.1), 1.0);
    // By hand, F = 0.5: the first of the pair in half of the cases; else the goal or the base, evenly.
    let mixed = mutants(0.4, 0.6, 0.9, 0.5);
    assert!((share(&mixed, 0.6) - 0.5).abs() < 0.06 && (share(&mixed, 0.4) - 0.25).abs() < 0.06);
    assert!((share(&mixed, 0.1) - 0.25).abs() < 0.06);
}

#[test]
fn a_child_takes_one_coordinate_at_least_and_all_at_rate_one() {
    let mut rng = Seed(1).stream("test");
    for crossing in [Crossing::Binomial, Crossing::Exponential] {
        let mut taken = |rate| crossed(crossing, 6, rate, &mut rng).into_iter().filter(|c| *c).count();
        assert_eq!((taken(0.0), taken(1.0)), (1, 6));
    }
}

#[test]
fn a_child_that_is_no_worse_takes_its_parents_place() {
    let mut agent = evolution(Config { population: 6, final_population: 6, ..Config::default() }, &reals(2));
    search(&mut agent, 6, 6, |_| Some(0.0));
    let before = agent.state.population.clone();
    let designs = agent.ask(6).unwrap();
    // Equal, better, worse, infeasible, and two more worse.
    let rewards = [Some(0.0), Some(1.0), Some(-1.0), None, Some(-1.0), Some(-1.0)];
    let children: Vec<Vec<f64>> = agent.state.children.iter().map(|child| child.point.clone()).collect();
    let told: Vec<Trial> = designs.iter().zip(rewards).map(|(d, reward)| trial(d, reward)).collect();
    agent.tell(&told).unwrap();
    let points: Vec<&Vec<f64>> = agent.state.population.iter().map(|member| &member.point).collect();
    let old = |i: usize| &before[i].point;
    assert_eq!(points, [&children[1], &children[0], old(2), old(3), old(4), old(5)]);
    assert_eq!(agent.state.archive, [old(1).clone()]);
}

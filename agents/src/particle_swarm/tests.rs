use rl_env::design::{Constraint, Value};
use rl_env::problem::Outcome;
use rl_env::registry::AgentEntry;
use rl_env::seed::Seed;
use serde_json::json;

use super::*;

const ENTRY: AgentEntry = AgentEntry::of::<Config>("particle-swarm");

fn space(parameters: Vec<Parameter>) -> Arc<DesignSpace> {
    Arc::new(DesignSpace::new(parameters).unwrap())
}

fn every_kind() -> Arc<DesignSpace> {
    space(vec![
        Parameter::bool("bool"),
        Parameter::choice("choice", ["a", "b", "c"]),
        Parameter::integer("integer", -5, 1_000_000),
        Parameter::power_of_two("power", 1, 64),
        Parameter::ordinal("ordinal", [1, 3, 9]),
        Parameter::real("real", -1.0, 1.0),
        Parameter::log_real("log", 1e-3, 1e3),
        Parameter::permutation("order", ["a", "b", "c", "d"]).when("choice", ["a", "b"]),
        Parameter::subset("set", ["a", "b", "c", "d"], 1, 3).when("bool", ["true"]),
        Parameter::real("late", 0.0, 1.0).when("bool", ["true"]),
    ])
}

fn swarm(config: Config, space: &Arc<DesignSpace>) -> ParticleSwarm {
    ParticleSwarm::new(config, Context { space: space.clone(), seed: Seed(5), budget: 200, axes: 0 })
}

fn trial(design: Design, reward: Option<f64>) -> Trial {
    let outcome = match reward {
        Some(reward) => Outcome::Feasible([reward].into()),
        None => Outcome::infeasible("no", ""),
    };
    Trial { design, outcome, reward, axes: Vec::new(), cached: false }
}

/// Searches for `trials` trials in batches of `n`.
fn search(
    agent: &mut dyn Agent,
    trials: usize,
    n: usize,
    reward: impl Fn(&Design) -> Option<f64>,
) -> Vec<Design> {
    let mut seen = Vec::new();
    while seen.len() < trials {
        let designs = agent.ask(n.min(trials - seen.len())).unwrap();
        assert!(!designs.is_empty(), "gave up");
        let judged: Vec<Trial> = designs.iter().map(|d| trial(d.clone(), reward(d))).collect();
        agent.tell(&judged).unwrap();
        seen.extend(designs);
    }
    seen
}

/// Likes everything large and in order; refuses a third of the space.
fn taste(space: &DesignSpace) -> impl Fn(&Design) -> Option<f64> {
    let space = space.clone();
    move |design| {
        let sum: f64 = space.to_unit(design).iter().enumerate().map(|(i, u)| u * (i + 1) as f64).sum();
        (design.integer(2) % 3 != 0).then_some(sum)
    }
}

fn variants() -> Vec<Config> {
    let mut variants = Vec::new();
    for topology in [Topology::Ring, Topology::Random, Topology::Global] {
        for geometry in [Geometry::Ball, Geometry::Axes] {
            variants.push(Config { topology, geometry, particles: 8, ..Config::default() });
        }
    }
    variants.push(Config { particles: 1, turbulence: 0.0, ..Config::default() });
    variants.push(Config { inertia: 1.0, acceleration: 4.0, turbulence: 100.0, ..Config::default() });
    variants
}

#[test]
fn designs_are_well_formed_whatever_the_settings() {
    let space = every_kind();
    for config in variants() {
        for design in search(&mut swarm(config, &space), 400, 12, taste(&space)) {
            space.check(&design).unwrap();
        }
    }
}

#[test]
fn proposals_do_not_depend_on_the_batch_size() {
    let space = every_kind();
    for config in variants() {
        let run = |n| search(&mut swarm(config.clone(), &space), 150, n, taste(&space));
        let reference = run(1);
        for n in [2, 5, 12, 13, 1000] {
            assert!(run(n) == reference, "batches of {n}, {config:?}");
        }
    }
}

#[test]
fn a_snapshot_continues_identically_at_any_trial() {
    let space = every_kind();
    for config in variants() {
        for before in [0, 1, 7, 8, 9, 60, 190] {
            let mut original = swarm(config.clone(), &space);
            search(&mut original, before, 1, taste(&space));
            let text = original.snapshot().unwrap().to_string();
            let mut copy = swarm(config.clone(), &space);
            copy.restore(&serde_json::from_str(&text).unwrap()).unwrap();
            let rest = |agent: &mut dyn Agent| search(agent, 60, 7, taste(&space));
            assert!(rest(&mut copy) == rest(&mut original), "after {before}, {config:?}");
        }
    }
}

#[test]
fn a_snapshot_that_cannot_be_is_refused() {
    let space = every_kind();
    let mut agent = swarm(Config::default(), &space);
    search(&mut agent, 40, 1, taste(&space));
    let good = agent.snapshot().unwrap();
    let nonsense: &[(&str, Json)] = &[
        ("/swarm/0/point", json!([0.5])),
        ("/swarm/0/best/0", json!(1.1)),
        ("/swarm/0/pull", json!([])),
        ("/swarm/0/velocity", json!([0.0])),
        ("/links", json!([[0], [1]])),
        ("/flown", json!([{"design": [], "particle": 999}])),
    ];
    for (path, value) in nonsense {
        let mut state = good.clone();
        *state.pointer_mut(path).unwrap() = value.clone();
        assert!(matches!(agent.restore(&state), Err(Error::Snapshot { .. })), "{path}");
    }
    agent.restore(&good).unwrap();
}

#[test]
fn searches_on_when_nothing_is_feasible() {
    let space = every_kind();
    for config in variants() {
        let designs = search(&mut swarm(config, &space), 240, 12, |_| None);
        let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
        assert_eq!(distinct, 240);
    }
}

#[test]
fn survives_rewards_at_the_ends_of_the_range() {
    let space = every_kind();
    for config in variants() {
        let reward = |d: &Design| Some(if d.bool(0) { f64::MAX } else { -f64::MAX });
        for design in search(&mut swarm(config, &space), 300, 12, reward) {
            space.check(&design).unwrap();
        }
    }
}

#[test]
fn survives_a_space_of_one_point_and_trials_nobody_asked_for() {
    let one = space(vec![Parameter::integer("x", 3, 3), Parameter::choice("c", ["only"])]);
    for config in variants() {
        let mut agent = swarm(config, &one);
        agent.tell(&[trial(one.first(), Some(2.0))]).unwrap();
        assert!(search(&mut agent, 50, 12, |_| Some(1.0)).iter().all(|design| *design == one.first()));
        agent.tell(&vec![trial(one.first(), Some(2.0)); 50]).unwrap();
        search(&mut agent, 50, 3, |_| None);
    }
}

#[test]
fn declared_constraints_are_kept() {
    let rule = Constraint::sum_at_most("sum", ["a", "b", "c"], 0.5);
    let real = |name| Parameter::real(name, 0.0, 1.0);
    let space = DesignSpace::new(vec![real("a"), real("b"), real("c")]).unwrap().constrain(rule).unwrap();
    let space = Arc::new(space);
    let reward = |d: &Design| Some(d.real(0) + d.real(1) + d.real(2));
    let designs = search(&mut swarm(Config::default(), &space), 400, 32, reward);
    assert!(designs.iter().all(|design| space.violated(design).is_none()));
}

#[test]
fn no_design_of_a_small_space_is_proposed_twice_while_others_are_left() {
    let space = space((0..9).map(|i| Parameter::bool(format!("b{i}"))).collect());
    let ones = |d: &Design| Some((0..9).filter(|i| d.bool(*i)).count() as f64);
    let designs = search(&mut swarm(Config::default(), &space), 300, 12, ones);
    let distinct = designs.iter().enumerate().filter(|(i, d)| !designs[..*i].contains(d)).count();
    assert!(distinct >= 295, "{distinct}");
}

/// A tenth of what the best of as many random designs misses, in the mean of ten seeds.
#[test]
fn beats_random_search_on_numbers_and_names() {
    let mut parameters: Vec<Parameter> = (0..5).map(|i| Parameter::real(format!("x{i}"), 0.0, 1.0)).collect();
    parameters.push(Parameter::integer("n", 0, 100));
    parameters.extend((0..3).map(|i| Parameter::choice(format!("c{i}"), ["a", "b", "c", "d"])));
    let space = space(parameters);
    let miss = |d: &Design| {
        let reals: f64 = (0..5).map(|i| (d.real(i) - 0.17 * (i + 1) as f64).abs()).sum();
        let whole = (d.integer(5) - 37).abs() as f64 / 100.0;
        reals + whole + (6..9).filter(|i| d.choice(*i) != (i % 4)).count() as f64 * 0.3
    };
    let (mut found, mut guessed) = (0.0, 0.0);
    for seed in 1000..1010 {
        let context = Context { space: space.clone(), seed: Seed(seed), budget: 600, axes: 0 };
        let designs =
            search(&mut ParticleSwarm::new(Config::default(), context), 600, 24, |d| Some(-miss(d)));
        found += designs.iter().map(miss).fold(f64::INFINITY, f64::min);
        let mut rng = Seed(seed).stream("test");
        guessed += (0..600).map(|_| miss(&space.sample(&mut rng))).fold(f64::INFINITY, f64::min);
    }
    assert!(found < 0.25 * guessed, "{found}, random {guessed}");
}

#[test]
fn the_sweep_and_the_defaults_stay_within_the_schema() {
    let sweep = ENTRY.sweep().unwrap().unwrap();
    let mut rng = Seed(9).stream("sweep");
    for _ in 0..200 {
        let ticket = sweep.sample(&mut rng);
        let mut config = serde_json::Map::new();
        for (parameter, value) in sweep.parameters().iter().zip(ticket.values()) {
            let json = match value {
                Value::Inactive => continue,
                Value::Integer(i) => json!(i),
                Value::Real(x) => json!(x),
                Value::Bool(b) => json!(b),
                other => json!(parameter.format(other)),
            };
            config.insert(parameter.name.clone(), json);
        }
        ENTRY.resolve(&Json::Object(config)).unwrap();
    }
    ENTRY.resolve(&json!({})).unwrap();
}

#[test]
fn informants_are_neighbours_links_or_everybody() {
    let space = every_kind();
    let with = |topology| {
        let mut agent = swarm(Config { particles: 6, topology, ..Config::default() }, &space);
        search(&mut agent, 6, 6, |_| Some(0.0));
        // Particle 4 knows the best place.
        agent.state.swarm[4].reward = Some(9.0);
        agent.state.links = vec![vec![0], vec![1], vec![2], vec![3], vec![4, 1], vec![5]];
        (0..6).map(|particle| agent.leader(particle)).collect::<Vec<_>>()
    };
    assert_eq!(with(Topology::Ring), [0, 1, 2, 4, 4, 4]);
    assert_eq!(with(Topology::Random), [0, 4, 2, 3, 4, 5]);
    assert_eq!(with(Topology::Global), [4; 6]);
}

#[test]
fn links_are_drawn_anew_after_a_round_without_progress() {
    let space = every_kind();
    let mut agent = swarm(Config { particles: 6, ..Config::default() }, &space);
    search(&mut agent, 6, 6, |_| Some(0.0));
    search(&mut agent, 6, 6, |_| Some(1.0));
    let links = agent.state.links.clone();
    assert_eq!(links.len(), 6);
    search(&mut agent, 6, 6, |_| Some(2.0));
    assert_eq!(agent.state.links, links);
    search(&mut agent, 6, 6, |_| Some(2.0));
    assert!(agent.state.links.is_empty());
}

#[test]
fn a_particle_remembers_the_best_place_it_was_at() {
    let space = every_kind();
    let mut agent = swarm(Config { particles: 4, ..Config::default() }, &space);
    let mut best = f64::NEG_INFINITY;
    for _ in 0..30 {
        let designs = search(&mut agent, 4, 4, taste(&space));
        best = designs.iter().filter_map(taste(&space)).fold(best, f64::max);
        let remembered = agent.state.swarm.iter().map(Particle::fitness).fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(remembered, best);
    }
}

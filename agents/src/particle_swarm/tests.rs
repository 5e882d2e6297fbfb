use rl_env::registry::AgentEntry;
use serde_json::json;

use super::*;
use crate::parts::rehearsal::{
    self, assert_refuses, context, every_kind, misses_by_guesses, repeats, search, taste,
};

const ENTRY: AgentEntry = AgentEntry::of::<Config>("particle-swarm");

fn swarm(config: Config, space: &Arc<DesignSpace>) -> ParticleSwarm {
    ParticleSwarm::new(config, context(space, 5, 200))
}

fn variants() -> Vec<Json> {
    let mut variants = Vec::new();
    for topology in ["ring", "random", "global"] {
        for geometry in ["ball", "axes"] {
            variants.push(json!({"topology": topology, "geometry": geometry, "particles": 8}));
        }
    }
    variants.push(json!({"particles": 1, "turbulence": 0.0}));
    variants.push(json!({"inertia": 1.0, "acceleration": 4.0, "turbulence": 100.0}));
    variants
}

#[test]
fn keeps_the_contract() {
    rehearsal::assert_keeps_the_contract(&ENTRY, &variants());
}

#[test]
fn a_snapshot_that_cannot_be_is_refused() {
    let space = every_kind();
    let mut agent = swarm(Config::default(), &space);
    search(&mut agent, 40, 1, taste(&space));
    let changes = [
        ("/swarm/0/point", json!([0.5])),
        ("/swarm/0/best/0", json!(1.1)),
        ("/swarm/0/pull", json!([])),
        ("/swarm/0/velocity", json!([0.0])),
        ("/links", json!([[0], [1]])),
        ("/flown", json!([{"design": [], "particle": 999}])),
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

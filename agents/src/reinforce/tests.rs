#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::seed::Seed;

use super::*;

#[test]
fn every_baseline_finds_the_best_arm() {
    for baseline in [Baseline::None, Baseline::Mean, Baseline::Value] {
        let config = Config { baseline, rewards: Rewards::Raw, learning_rate: 0.05, ..Config::default() };
        let (actions, observations) = (Space::discrete(4).unwrap(), Space::discrete(1).unwrap());
        let mut policy = Reinforce::new(config, &actions, &observations, Seed(1).stream("test")).unwrap();
        let observation = Element::Discrete(0);
        for _ in 0..60 {
            let pull = |policy: &mut Reinforce| {
                let action = policy.act(&observation, None).unwrap();
                let reward = if action == Element::Discrete(2) { 1.0 } else { 0.2 };
                let (observation, next_observation) = (observation.clone(), observation.clone());
                let (terminated, truncated) = (true, false);
                let mask = None;
                Transition { observation, mask, action, reward, next_observation, terminated, truncated }
            };
            let pulls: Vec<Transition> = (0..16).map(|_| pull(&mut policy)).collect();
            policy.learn(&pulls).unwrap();
        }
        assert_eq!(policy.act_greedily(&observation, None).unwrap(), Element::Discrete(2), "{baseline:?}");
    }
}

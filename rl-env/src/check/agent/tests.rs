use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::Error;
use crate::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use crate::check::tests::{assert_all_have_flaws, assert_caught_by};
use crate::check::{AGENT_RULES, Verdict, arenas, check_agent, fingerprint_agent};
use crate::design::{Design, DesignSpace, Parameter, Value};
use crate::registry::{AgentConfig, AgentEntry};
use crate::seed::Rng;

/// Flaws of behaviour, one number each because a flaw has to be part of the type.
mod flaw {
    pub(super) const NONE: u8 = 0;
    pub(super) const GIVES_UP_AT_ONCE: u8 = 1;
    pub(super) const PANICS_ON_ONE_DESIGN: u8 = 2;
    pub(super) const LEAVES_THE_SPACE: u8 = 3;
    pub(super) const ONE_TOO_MANY: u8 = 4;
    pub(super) const PANICS_IF_ASKED_FOR_MANY: u8 = 5;
    pub(super) const NO_BATCH: u8 = 6;
    pub(super) const INSTANCE_NUMBER: u8 = 7;
    pub(super) const THREAD_NUMBER: u8 = 8;
    pub(super) const NEEDS_FEASIBLE: u8 = 9;
    pub(super) const DIVIDES_BY_SPREAD: u8 = 10;
    pub(super) const REFUSES_OLD: u8 = 11;
    pub(super) const SUMS_REWARDS: u8 = 12;
    pub(super) const EQUAL_COORDINATES: u8 = 13;
    pub(super) const FORGETS_RANDOMNESS: u8 = 14;
    pub(super) const TAKES_NONSENSE: u8 = 15;
    pub(super) const SWEEPS_BEYOND: u8 = 16;
    pub(super) const SWEEPS_A_STRANGER: u8 = 17;
    pub(super) const FAILS_AT_THE_END: u8 = 18;
    pub(super) const DECLINES_ALL: u8 = 19;
    pub(super) const DECLINES_HUGE: u8 = 20;
}

static INSTANCES: AtomicU64 = AtomicU64::new(0);

/// Settings of a search around the best design.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// Probability of a design drawn anew.
    #[schemars(range(min = 0.0, max = 1.0))]
    exploration: f64,
    /// How the best is chosen.
    choice: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    /// Of equals, the older.
    First,
    /// Of equals, the younger.
    Last,
}

impl Default for Settings {
    fn default() -> Self {
        Self { exploration: 0.3, choice: Choice::First }
    }
}

/// The settings of an agent with a flaw; the derives know no constants.
#[derive(Debug, Clone, Default)]
struct Near<const FLAW: u8>(Settings);

impl<const FLAW: u8> Serialize for Near<FLAW> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, const FLAW: u8> Deserialize<'de> for Near<FLAW> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Settings::deserialize(deserializer).map(Self)
    }
}

impl<const FLAW: u8> JsonSchema for Near<FLAW> {
    fn schema_name() -> Cow<'static, str> {
        Settings::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Settings::json_schema(generator)
    }
}

impl<const FLAW: u8> AgentConfig for Near<FLAW> {
    const SUMMARY: &'static str = "Changes one parameter of the best design.";
    const REFERENCE: &'static str = "None";

    fn sweep() -> Vec<Parameter> {
        let high = if FLAW == flaw::SWEEPS_BEYOND { 1.5 } else { 1.0 };
        let name = if FLAW == flaw::SWEEPS_A_STRANGER { "exploitation" } else { "exploration" };
        vec![Parameter::real(name, 0.0, high), Parameter::choice("choice", ["first", "last"])]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        let decline = |problem: &str| Err(Error::Config { key: "space".into(), problem: problem.into() });
        let huge = context.space.len() > 20;
        match FLAW {
            flaw::DECLINES_ALL => return decline("not this one"),
            flaw::DECLINES_HUGE if huge => return decline("too large"),
            flaw::FAILS_AT_THE_END if self.0.exploration == 1.0 => {
                return Err(Error::Agent { agent: "near".into(), problem: "ln(0)".into() });
            }
            _ => {}
        }
        let mut rng = context.seed.stream("near");
        if FLAW == flaw::INSTANCE_NUMBER {
            (0..INSTANCES.fetch_add(1, Ordering::Relaxed) % 1000).for_each(|_| _ = rng.next_u64());
        }
        let state = State { rng, best: None, least: f64::INFINITY, sum: 0.0 };
        Ok(Box::new(NearAgent::<FLAW> { config: self.0, space: context.space, state, old: 0 }))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    best: Option<(f64, Design)>,
    #[serde(skip, default = "infinity")]
    least: f64,
    #[serde(skip)]
    sum: f64,
}

fn infinity() -> f64 {
    f64::INFINITY
}

struct NearAgent<const FLAW: u8> {
    config: Settings,
    space: Arc<DesignSpace>,
    state: State,
    /// Old designs in a row.
    old: u32,
}

impl<const FLAW: u8> NearAgent<FLAW> {
    fn propose(&mut self) -> Design {
        let State { rng, best, .. } = &mut self.state;
        let mut design = match best {
            Some((_, best)) if !rng.chance(self.config.exploration) => {
                let mut design = best.clone();
                let index = rng.index(design.0.len());
                self.space.mutate(&mut design, index, rng);
                design
            }
            _ => self.space.sample(rng),
        };
        if FLAW == flaw::THREAD_NUMBER && std::thread::current().name().is_none() {
            design = self.space.first();
        }
        let reals = design.0.iter().all(|value| matches!(value, Value::Real(_)));
        if FLAW == flaw::EQUAL_COORDINATES && reals {
            let first = design.0[0].clone();
            design.0.fill(first);
        }
        if FLAW == flaw::LEAVES_THE_SPACE && rng.chance(0.1) {
            let last = design.0.len() - 1;
            design.0[last] = Value::Real(f64::MAX);
        }
        design
    }

    fn defect(&mut self, trial: &Trial) -> Option<&'static str> {
        self.old = if trial.cached { self.old + 1 } else { 0 };
        if let Some(reward) = trial.reward {
            let State { least, best, .. } = &mut self.state;
            *least = least.min(reward);
            // Two rewards in, a spread is expected.
            let flat = best.as_ref().is_some_and(|(best, _)| best == least && reward == 0.5);
            if flat && FLAW == flaw::DIVIDES_BY_SPREAD {
                return Some("division by zero");
            }
            self.state.sum += reward * reward;
        }
        match FLAW {
            flaw::NEEDS_FEASIBLE if trial.outcome.reason() == Some("nothing-works") => Some("no reward"),
            flaw::REFUSES_OLD if self.old > 60 && self.space.len() == 9 => Some("nothing but old designs"),
            flaw::SUMS_REWARDS if !self.state.sum.is_finite() => Some("not finite"),
            _ => None,
        }
    }
}

impl<const FLAW: u8> Agent for NearAgent<FLAW> {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        let one_design = self.space.cardinality() == Some(1);
        assert!(FLAW != flaw::PANICS_ON_ONE_DESIGN || !one_design, "no other design");
        assert!(FLAW != flaw::PANICS_IF_ASKED_FOR_MANY || n <= 100, "too many");
        let n = match FLAW {
            flaw::GIVES_UP_AT_ONCE if one_design => 0,
            flaw::ONE_TOO_MANY if n == 7 => 8,
            _ => n,
        };
        Ok((0..n).map(|_| self.propose()).collect())
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        for trial in trials {
            if let Some(problem) = self.defect(trial) {
                return Err(Error::Agent { agent: "near".into(), problem: problem.into() });
            }
            let Some(reward) = trial.reward else { continue };
            let better = self.state.best.as_ref().is_none_or(|(best, _)| {
                reward > *best || reward == *best && self.config.choice == Choice::Last
            });
            if better {
                self.state.best = Some((reward, trial.design.clone()));
            }
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        if FLAW == flaw::NO_BATCH { 0 } else { 8 }
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let restored: Result<State, Error> = from_snapshot("near", state);
        if restored.is_err() && FLAW == flaw::TAKES_NONSENSE {
            return Ok(());
        }
        let own = self.state.rng.clone();
        self.state = restored?;
        if FLAW == flaw::FORGETS_RANDOMNESS {
            self.state.rng = own;
        }
        Ok(())
    }
}

/// Flaws of declarations: configurations that build a sound agent.
macro_rules! declared {
    ($(#[$meta:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident = $default:expr),* }) => {
        #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
        #[serde(default)]
        $(#[$meta])*
        struct $name {
            $($(#[$attribute])* $field: f64),*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),* }
            }
        }

        impl AgentConfig for $name {
            const SUMMARY: &'static str = "As the sound one.";
            const REFERENCE: &'static str = "None";

            fn sweep() -> Vec<Parameter> {
                Vec::new()
            }

            fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
                Near::<{ flaw::NONE }>::default().build(context)
            }
        }
    };
}

declared!(
    /// Lacks a comment.
    #[serde(deny_unknown_fields)]
    Undocumented { exploration = 0.3 }
);
declared!(
    /// Has a default that is not allowed.
    #[serde(deny_unknown_fields)]
    BadDefault {
        /// Probability of a design drawn anew.
        #[schemars(range(min = 0.0, max = 1.0))]
        exploration = 1.5
    }
);
declared!(
    /// Does not write what it reads.
    #[serde(deny_unknown_fields)]
    Hidden {
        /// Probability of a design drawn anew.
        #[serde(skip_serializing)]
        exploration = 0.3
    }
);
declared!(
    /// Takes any key.
    Lenient {
        /// Probability of a design drawn anew.
        exploration = 0.3
    }
);

const FLAWS: &[(&str, AgentEntry)] = &[
    ("entry", AgentEntry::of::<Near<{ flaw::NONE }>>("Near_By")),
    ("schema", AgentEntry::of::<Undocumented>("undocumented")),
    ("schema", AgentEntry::of::<Hidden>("hidden")),
    ("defaults", AgentEntry::of::<BadDefault>("bad-default")),
    ("unknown-key", AgentEntry::of::<Lenient>("lenient")),
    ("sweep", AgentEntry::of::<Near<{ flaw::SWEEPS_BEYOND }>>("sweeps-beyond")),
    ("sweep", AgentEntry::of::<Near<{ flaw::SWEEPS_A_STRANGER }>>("sweeps-a-stranger")),
    ("sweep", AgentEntry::of::<Near<{ flaw::FAILS_AT_THE_END }>>("fails-at-the-end")),
    ("every-space", AgentEntry::of::<Near<{ flaw::GIVES_UP_AT_ONCE }>>("gives-up-at-once")),
    ("every-space", AgentEntry::of::<Near<{ flaw::PANICS_ON_ONE_DESIGN }>>("panics-on-one-design")),
    ("every-space", AgentEntry::of::<Near<{ flaw::DECLINES_ALL }>>("declines-all")),
    ("in-space", AgentEntry::of::<Near<{ flaw::LEAVES_THE_SPACE }>>("leaves-the-space")),
    ("batches", AgentEntry::of::<Near<{ flaw::ONE_TOO_MANY }>>("one-too-many")),
    ("batches", AgentEntry::of::<Near<{ flaw::PANICS_IF_ASKED_FOR_MANY }>>("panics-if-asked-for-many")),
    ("batches", AgentEntry::of::<Near<{ flaw::NO_BATCH }>>("no-batch")),
    ("seeded", AgentEntry::of::<Near<{ flaw::INSTANCE_NUMBER }>>("instance-number")),
    ("threads", AgentEntry::of::<Near<{ flaw::THREAD_NUMBER }>>("thread-number")),
    ("all-infeasible", AgentEntry::of::<Near<{ flaw::NEEDS_FEASIBLE }>>("needs-feasible")),
    ("constant-reward", AgentEntry::of::<Near<{ flaw::DIVIDES_BY_SPREAD }>>("divides-by-spread")),
    ("duplicates", AgentEntry::of::<Near<{ flaw::REFUSES_OLD }>>("refuses-old")),
    ("extreme-rewards", AgentEntry::of::<Near<{ flaw::SUMS_REWARDS }>>("sums-rewards")),
    ("distinct-optimum", AgentEntry::of::<Near<{ flaw::EQUAL_COORDINATES }>>("equal-coordinates")),
    ("snapshot", AgentEntry::of::<Near<{ flaw::FORGETS_RANDOMNESS }>>("forgets-randomness")),
    ("snapshot", AgentEntry::of::<Near<{ flaw::TAKES_NONSENSE }>>("takes-nonsense")),
];

const SOUND: AgentEntry = AgentEntry::of::<Near<{ flaw::NONE }>>("near");

#[test]
fn a_sound_agent_passes_every_rule() {
    let report = check_agent(&SOUND, &arenas().unwrap()).unwrap_or_else(|failures| panic!("{failures}"));
    let passed = |finding: &crate::check::Finding| matches!(finding.verdict, Verdict::Pass(_));
    assert!(report.findings.iter().all(passed), "{report}");
}

#[test]
fn each_flaw_is_caught_by_its_rule_alone() {
    let arenas = arenas().unwrap();
    for (rule, entry) in FLAWS {
        assert_caught_by(rule, &entry.name, check_agent(entry, &arenas));
    }
}

#[test]
fn every_rule_has_a_flaw() {
    assert_all_have_flaws(AGENT_RULES.iter().map(|rule| rule.name), FLAWS.iter().map(|(rule, _)| *rule));
}

#[test]
fn a_method_may_decline_a_space() {
    let entry = AgentEntry::of::<Near<{ flaw::DECLINES_HUGE }>>("modest");
    let report = check_agent(&entry, &arenas().unwrap()).unwrap_or_else(|failures| panic!("{failures}"));
    assert_eq!(report.verdict("every-space"), Some(&Verdict::Pass(Some("declines huge".to_owned()))));
}

#[test]
fn fingerprints_tell_agents_apart() {
    let (arenas, print) = (arenas().unwrap(), fingerprint_agent);
    assert_eq!(print(&SOUND, &arenas), print(&SOUND, &arenas));
    assert_ne!(print(&SOUND, &arenas), print(&FLAWS[11].1, &arenas));
}

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value as Json, json};

use crate::Error;
use crate::check::tests::{assert_all_have_flaws, assert_caught_by};
use crate::check::{ENV_RULES, Verdict, check_env, fingerprint_env};
use crate::env::{Env, Info, Reset, Step, check_options};
use crate::seed::{Rng, np_random};
use crate::space::{Element, Mask, Space};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    None,
    SpaceGrows,
    FirstObservationOutside,
    ResetFails,
    KeepsSeedWhenIdle,
    ReseedsWithoutSeed,
    IgnoresSeed,
    HalfASeed,
    AnyOption,
    OptionNotNamed,
    RemembersSteps,
    TruncatesAtOnce,
    InstanceNumber,
    ThreadNumber,
    PanicsAtTheEdge,
    RefusesTheEdge,
    ObservationDrifts,
    NanAtTheEdge,
    NullInInfo,
    Clamps,
    MovesOnRefusal,
    PanicsOnForeign,
    TakesMasked,
    MovesOnMasked,
    RefusesUnmasked,
    MaskOfAnotherSpace,
    PanicsBeforeReset,
    PanicsAfterTheEnd,
    EmptyRendering,
    RenderingPanics,
    ClosesOnce,
    ForgetsRandomness,
    TakesNonsense,
    SnapshotPanics,
}

const FLAWS: &[(&str, Flaw)] = &[
    ("spaces", Flaw::SpaceGrows),
    ("reset", Flaw::FirstObservationOutside),
    ("reset", Flaw::ResetFails),
    ("seeds", Flaw::KeepsSeedWhenIdle),
    ("unseeded-reset", Flaw::ReseedsWithoutSeed),
    ("distinct-seeds", Flaw::IgnoresSeed),
    ("distinct-seeds", Flaw::HalfASeed),
    ("options", Flaw::AnyOption),
    ("options", Flaw::OptionNotNamed),
    ("steps", Flaw::RemembersSteps),
    ("first-step", Flaw::TruncatesAtOnce),
    ("episodes", Flaw::InstanceNumber),
    ("threads", Flaw::ThreadNumber),
    ("fuzz", Flaw::PanicsAtTheEdge),
    ("fuzz", Flaw::RefusesTheEdge),
    ("observations", Flaw::ObservationDrifts),
    ("rewards", Flaw::NanAtTheEdge),
    ("info", Flaw::NullInInfo),
    ("foreign-actions", Flaw::Clamps),
    ("foreign-actions", Flaw::MovesOnRefusal),
    ("foreign-actions", Flaw::PanicsOnForeign),
    ("masks", Flaw::TakesMasked),
    ("masks", Flaw::MovesOnMasked),
    ("masks", Flaw::RefusesUnmasked),
    ("masks", Flaw::MaskOfAnotherSpace),
    ("after-the-end", Flaw::PanicsBeforeReset),
    ("after-the-end", Flaw::PanicsAfterTheEnd),
    ("render", Flaw::EmptyRendering),
    ("render", Flaw::RenderingPanics),
    ("close", Flaw::ClosesOnce),
    ("snapshot", Flaw::ForgetsRandomness),
    ("snapshot", Flaw::TakesNonsense),
    ("snapshot", Flaw::SnapshotPanics),
];

static INSTANCES: AtomicU64 = AtomicU64::new(0);

/// A cart on a windy track: gear 3 only when slow, the wind is random.
struct Cart {
    flaw: Flaw,
    actions: Space,
    observations: Space,
    rng: Rng,
    at: f64,
    steps: u64,
    over: bool,
    /// Steps that a flaw remembers.
    count: u64,
    /// Resets in a row without a step between.
    idle: u64,
    instance: u64,
    started: bool,
    closed: bool,
}

const TRACK: f64 = 10.0;

impl Cart {
    fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            actions: Space::tuple([Space::discrete(4).unwrap(), Space::interval(-1.0, 1.0).unwrap()])
                .unwrap(),
            observations: Space::boxed(-TRACK, TRACK, &[1]).unwrap(),
            rng: np_random(0),
            at: 0.0,
            steps: 0,
            over: false,
            count: 0,
            idle: 0,
            instance: INSTANCES.fetch_add(1, Ordering::Relaxed),
            started: false,
            closed: false,
        }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn gears(&self) -> Vec<bool> {
        vec![true, true, true, self.at.abs() < 3.0]
    }

    fn seeded(&mut self, seed: Option<u64>) {
        self.idle = if self.steps == 0 { self.idle + 1 } else { 0 };
        match seed {
            Some(_) if self.is(Flaw::IgnoresSeed) => self.rng = np_random(0),
            Some(_) if self.is(Flaw::KeepsSeedWhenIdle) && self.idle > 2 => {}
            Some(seed) if self.is(Flaw::HalfASeed) => self.rng = np_random(u64::from(seed as u32)),
            Some(seed) => self.rng = np_random(seed),
            None if self.is(Flaw::ReseedsWithoutSeed) => self.rng = np_random(0),
            None => {}
        }
    }

    fn moved(&mut self, gear: usize, push: f64) -> Step {
        self.steps += 1;
        let wind = self.rng.uniform_in(-0.5, 0.5);
        self.at = (self.at + push * gear as f64 + wind).clamp(-TRACK, TRACK);
        self.over = self.at.abs() == TRACK || self.steps == 40;
        let mut reward = -self.at.abs();
        if self.is(Flaw::RemembersSteps) && self.steps > 1 {
            self.count += 1;
            reward -= self.count as f64;
        }
        if self.is(Flaw::InstanceNumber) {
            reward -= self.instance as f64;
        }
        if self.is(Flaw::ThreadNumber) && std::thread::current().name().is_none() {
            reward -= 1.0;
        }
        if self.is(Flaw::NanAtTheEdge) && push == 1.0 {
            reward = f64::NAN;
        }
        let drift = if self.is(Flaw::ObservationDrifts) && self.steps > 3 { TRACK } else { 0.0 };
        let mut info = Info::new();
        info.insert("wind".into(), json!(if self.is(Flaw::NullInInfo) { f64::NAN } else { wind }));
        Step {
            observation: Element::Real(vec![self.at + drift * self.at.signum()]),
            reward,
            terminated: self.over,
            truncated: self.is(Flaw::TruncatesAtOnce) && self.steps == 1,
            info,
        }
    }

    fn refused(&mut self, moves: Flaw) -> Result<Step, Error> {
        if self.is(moves) {
            self.rng.next_u64();
        }
        Err(Error::Protocol { call: "step", problem: "not possible".into() })
    }
}

impl Env for Cart {
    fn action_space(&self) -> &Space {
        &self.actions
    }

    fn observation_space(&self) -> &Space {
        &self.observations
    }

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        match self.flaw {
            Flaw::AnyOption => {}
            Flaw::OptionNotNamed if !options.is_empty() => {
                return Err(Error::Protocol { call: "reset", problem: "bad option".into() });
            }
            _ => check_options(options, &["length"])?,
        }
        if self.is(Flaw::ResetFails) && seed.is_none() && !self.started {
            return Err(Error::Protocol { call: "reset", problem: "needs a seed".into() });
        }
        self.seeded(seed);
        (self.started, self.over, self.steps) = (true, false, 0);
        self.at = self.rng.uniform_in(-1.0, 1.0);
        if self.is(Flaw::SpaceGrows) {
            self.observations = Space::boxed(-2.0 * TRACK, 2.0 * TRACK, &[1])?;
        }
        let far = if self.is(Flaw::FirstObservationOutside) { 20.0 } else { 0.0 };
        Ok(Reset { observation: Element::Real(vec![self.at + far]), info: Info::new() })
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        if let Err(error) = self.actions.check(action) {
            assert!(!self.is(Flaw::PanicsOnForeign), "foreign");
            let clamped =
                self.is(Flaw::Clamps) && matches!(action, Element::Tuple(parts) if parts.len() == 2);
            if !clamped {
                return self.refused(Flaw::MovesOnRefusal).map_err(|_| error.into());
            }
        }
        assert!(self.started || !self.is(Flaw::PanicsBeforeReset), "no episode yet");
        assert!(!self.over || !self.is(Flaw::PanicsAfterTheEnd), "the episode is over");
        let parts = action.as_parts().unwrap_or_default();
        let gear = parts[0].as_discrete().unwrap_or(0).clamp(0, 3) as usize;
        let push = parts[1].as_real().and_then(|p| p.first()).copied().unwrap_or(0.0).clamp(-1.0, 1.0);
        if !self.gears()[gear] && !self.is(Flaw::TakesMasked) {
            return self.refused(Flaw::MovesOnMasked);
        }
        if self.is(Flaw::RefusesUnmasked) && gear == 3 && self.at.abs() > 1.0 {
            return self.refused(Flaw::None);
        }
        if push == -1.0 && self.is(Flaw::RefusesTheEdge) {
            return self.refused(Flaw::None);
        }
        assert!(push != -1.0 || !self.is(Flaw::PanicsAtTheEdge), "off the edge");
        Ok(self.moved(gear, push))
    }

    fn action_mask(&self) -> Option<Mask> {
        let mut gears = self.gears();
        if self.is(Flaw::MaskOfAnotherSpace) {
            gears.push(true);
        }
        Some(Mask::Tuple(vec![Mask::Discrete(gears), Mask::Free]))
    }

    fn render(&self) -> Option<String> {
        assert!(self.started || !self.is(Flaw::RenderingPanics), "nothing to draw");
        Some(if self.is(Flaw::EmptyRendering) { String::new() } else { format!("cart at {:.1}\n", self.at) })
    }

    fn snapshot(&self) -> Option<Json> {
        assert!(self.steps < 2 || !self.is(Flaw::SnapshotPanics), "too late");
        let rng = if self.is(Flaw::ForgetsRandomness) { np_random(0) } else { self.rng.clone() };
        Some(json!({"rng": rng, "at": self.at, "steps": self.steps, "over": self.over}))
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let rng = crate::agent::from_snapshot("cart", &state["rng"]);
        if rng.is_err() && self.is(Flaw::TakesNonsense) {
            return Ok(());
        }
        self.rng = rng?;
        self.at = crate::agent::from_snapshot("cart", &state["at"])?;
        self.steps = crate::agent::from_snapshot("cart", &state["steps"])?;
        self.over = crate::agent::from_snapshot("cart", &state["over"])?;
        Ok(())
    }

    fn close(&mut self) {
        assert!(!self.closed || !self.is(Flaw::ClosesOnce), "closed already");
        self.closed = true;
    }
}

fn make(flaw: Flaw) -> impl Fn() -> Box<dyn Env> {
    move || Box::new(Cart::new(flaw))
}

#[test]
fn a_sound_environment_passes_every_rule() {
    let report = check_env(make(Flaw::None)).unwrap_or_else(|failures| panic!("{failures}"));
    assert_eq!(report.findings.len(), ENV_RULES.len());
    let passed = |finding: &crate::check::Finding| matches!(finding.verdict, Verdict::Pass(_));
    assert!(report.findings.iter().all(passed), "{report}");
}

#[test]
fn each_flaw_is_caught_by_its_rule_alone() {
    for (rule, flaw) in FLAWS {
        assert_caught_by(rule, flaw, check_env(make(*flaw)));
    }
}

#[test]
fn every_rule_has_a_flaw() {
    assert_all_have_flaws(ENV_RULES.iter().map(|rule| rule.name), FLAWS.iter().map(|(rule, _)| *rule));
}

#[test]
fn a_constructor_that_panics_is_reported() {
    let failures = check_env(|| panic!("no memory")).unwrap_err();
    assert_eq!(failures.rules()[..2], ["spaces", "reset"]);
    assert!(failures.to_string().contains("panic: no memory"), "{failures}");
}

#[test]
fn failures_tell_how_to_see_them_again() {
    let failures = check_env(make(Flaw::PanicsAtTheEdge)).unwrap_err().of("Cart");
    let text = failures.to_string();
    for part in
        ["Cart: 1 of 20 rules broken", "FAIL fuzz", "seen      panic: off the edge", "reproduce reset("]
    {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
}

#[test]
fn fingerprints_tell_environments_apart() {
    assert_eq!(fingerprint_env(make(Flaw::None)), fingerprint_env(make(Flaw::None)));
    assert_ne!(fingerprint_env(make(Flaw::None)), fingerprint_env(make(Flaw::RemembersSteps)));
}

//! Bounds that are allowed but rarely meant: what gymnasium's checker warns of.

use super::{BoxSpace, Space};

/// What a space is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What an agent may do.
    Action,
    /// What an agent sees.
    Observation,
}

impl Space {
    /// One sentence for each doubtful bound of a `Box`, also inside `Tuple` and `Dict`: infinite or equal
    /// bounds, and action lists that are neither symmetric nor within [-1, 1] or [0, 1].
    ///
    /// ```
    /// use rl_env::space::{Role, Space};
    ///
    /// let space = Space::dict([("power", Space::interval(0.0, f64::INFINITY)?)])?;
    /// let warnings = space.limit_warnings(Role::Observation);
    /// assert_eq!(warnings, ["observation[\"power\"]: an upper bound is infinite, give the largest value that can occur"]);
    /// # Ok::<(), rl_env::space::SpaceError>(())
    /// ```
    #[must_use]
    pub fn limit_warnings(&self, role: Role) -> Vec<String> {
        let mut warnings = Vec::new();
        let path = if role == Role::Action { "action" } else { "observation" };
        self.push_warnings(path, role, &mut warnings);
        warnings
    }

    fn push_warnings(&self, path: &str, role: Role, warnings: &mut Vec<String>) {
        match self {
            Self::Box(space) => {
                warnings.extend(
                    box_problems(space, role).into_iter().map(|problem| format!("{path}: {problem}")),
                );
            }
            Self::Tuple(space) => {
                for (i, space) in space.spaces().iter().enumerate() {
                    space.push_warnings(&format!("{path}[{i}]"), role, warnings);
                }
            }
            Self::Dict(space) => {
                for (key, space) in space.spaces() {
                    space.push_warnings(&format!("{path}[{key:?}]"), role, warnings);
                }
            }
            _ => {}
        }
    }
}

fn box_problems(space: &BoxSpace, role: Role) -> Vec<&'static str> {
    let (low, high) = (space.low(), space.high());
    let unusual =
        |(low, high): (f64, f64)| (low != 0.0 && low.abs() != high.abs()) || low < -1.0 || high > 1.0;
    let checks = [
        (
            low.contains(&f64::NEG_INFINITY),
            "a lower bound is infinite, give the smallest value that can occur",
        ),
        (high.contains(&f64::INFINITY), "an upper bound is infinite, give the largest value that can occur"),
        (
            space.bounds().any(|(low, high)| low == high),
            "a lower bound equals its upper bound, the value is constant",
        ),
        (
            role == Role::Action && space.shape().len() == 1 && space.bounds().any(unusual),
            "an action is best normalised to [-1, 1] or [0, 1]",
        ),
    ];
    checks.into_iter().filter_map(|(found, problem)| found.then_some(problem)).collect()
}

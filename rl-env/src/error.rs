//! The one error type of the crate: what is wrong, where, and what is allowed.

/// Everything that can go wrong while declaring or using spaces, problems, environments and agents.
///
/// A design that cannot be built in hardware is *not* an error: see [`crate::problem::Outcome::Infeasible`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A declaration (parameter, condition, constraint, metric, objective) contradicts itself.
    #[error("{what} `{name}`: {problem}")]
    Declaration {
        /// The kind of thing declared, such as `parameter`.
        what: &'static str,
        /// Its name.
        name: String,
        /// What is wrong with it and what is allowed.
        problem: String,
    },
    /// A value lies outside its parameter, hyperparameter or metric.
    #[error("`{key}`: {value} is not allowed; expected {allowed}")]
    Value {
        /// Parameter or configuration key.
        key: String,
        /// The offending value as text.
        value: String,
        /// What would be accepted.
        allowed: String,
    },
    /// A name that is in no table.
    #[error("unknown {what} `{name}`{}; known: {known}", suggestion(.nearest))]
    Unknown {
        /// What was looked up, such as `agent`.
        what: &'static str,
        /// The name given.
        name: String,
        /// The closest known name, if one is close.
        nearest: Option<String>,
        /// All known names, comma separated.
        known: String,
    },
    /// A required configuration key is missing or two exclude each other.
    #[error("`{key}`: {problem}")]
    Config {
        /// The key.
        key: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// An environment was used against its protocol, such as `step` before `reset`.
    #[error("{call}: {problem}")]
    Protocol {
        /// The call that was refused.
        call: &'static str,
        /// Why, and what has to come first.
        problem: String,
    },
    /// A snapshot that this object cannot restore.
    #[error("cannot restore {what}: {problem}")]
    Snapshot {
        /// What was to be restored.
        what: &'static str,
        /// Why not.
        problem: String,
    },
    /// An agent cannot go on (an external process died, a model cannot be fitted).
    #[error("agent `{agent}`: {problem}")]
    Agent {
        /// Registry name of the agent.
        agent: String,
        /// What happened.
        problem: String,
    },
    /// A space refuses an element or cannot be built.
    #[error(transparent)]
    Space(#[from] crate::space::SpaceError),
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

impl Error {
    /// An [`Error::Unknown`] that lists `known` and names the closest.
    ///
    /// ```
    /// let error = rl_env::Error::unknown("agent", "genetik", ["genetic", "random-walker"]);
    /// assert!(error.to_string().contains("did you mean `genetic`?"));
    /// ```
    pub fn unknown<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
        Self::Unknown { what, name: one_line(name), nearest, known: known.join(", ") }
    }

    pub(crate) fn declaration(what: &'static str, name: &str, problem: impl Into<String>) -> Self {
        Self::Declaration { what, name: name.to_owned(), problem: problem.into() }
    }

    pub(crate) fn value(key: &str, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self::Value { key: one_line(key), value: one_line(&value.to_string()), allowed: allowed.into() }
    }
}

/// What somebody wrote, fit for a message of one line.
fn one_line(text: &str) -> String {
    const MOST: usize = 200;
    let mut shown: String = text
        .chars()
        .take(MOST)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// The known name closest to `name`, if it is close enough to be a slip of the hand.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower: String = name.to_lowercase().chars().take(100).collect();
    known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&lower, &k.to_lowercase()), k))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

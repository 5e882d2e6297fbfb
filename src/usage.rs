//! Errors of the user's making, which exit with code 2.

/// Wrong use: a bad argument, configuration or input file. Everything else that fails exits with code 1.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

impl Usage {
    /// An [`anyhow::Error`] with this message.
    pub fn error(message: impl Into<String>) -> anyhow::Error {
        Self(message.into()).into()
    }
}

/// Whether an error is the user's to mend.
pub fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Usage>()
            || cause
                .downcast_ref::<rl_env::Error>()
                .is_some_and(|e| !matches!(e, rl_env::Error::Agent { .. }))
    })
}

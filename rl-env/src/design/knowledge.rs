//! What an environment knows of its designs and a declaration of parameters cannot say.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{Design, Move};

/// Gives the moves from any design of a space.
pub(super) type Moves = Known<dyn Fn(&Design) -> Vec<Move> + Send + Sync>;

/// Gives the design that stands for all that behave like a design.
pub(super) type Representative = Known<dyn for<'a> Fn(&'a Design) -> Cow<'a, Design> + Send + Sync>;

/// A function of the environment.
pub(super) struct Known<F: ?Sized>(pub(super) Arc<F>);

impl<F: ?Sized> Clone for Known<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F: ?Sized> fmt::Debug for Known<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}

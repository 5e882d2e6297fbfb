//! Design spaces: typed, named, documented parameters, and the designs that are their points.
//!
//! One declaration serves every agent. A [`DesignSpace`] samples, validates, enumerates and canonicalises
//! designs, encodes them for numeric agents ([unit cube](DesignSpace::to_unit),
//! [one-hot](DesignSpace::to_one_hot), [levels](DesignSpace::to_levels)), offers
//! [neighbourhoods](DesignSpace::neighbours), [moves](DesignSpace::moves) where the environment knows some, and the [decisions](DesignSpace::decisions) of its sequential form.
//!
//! ```
//! use rl_env::design::{DesignSpace, Parameter};
//! use rl_env::seed::Seed;
//!
//! let space = DesignSpace::new(vec![
//!     Parameter::choice("page_policy", ["open", "closed"]),
//!     Parameter::integer("queue_depth", 1, 8).unit("requests"),
//!     Parameter::power_of_two("line", 16, 128).unit("B").when("page_policy", ["open"]),
//! ])?;
//! let design = space.sample(&mut Seed(1).stream("example"));
//! assert!(space.check(&design).is_ok());
//! assert_eq!(space.cardinality(), Some(2 * 8 * 4));
//! # Ok::<(), rl_env::Error>(())
//! ```

mod condition;
mod constraint;
mod decision;
mod encoding;
mod json;
mod knowledge;
mod moves;
mod neighbourhood;
mod parameter;
mod space;
mod subset;
mod text;
mod value;

pub use condition::Condition;
pub use constraint::Constraint;
pub use decision::{Decision, Partial};
pub use moves::Move;
pub use parameter::{Kind, Parameter};
pub use space::DesignSpace;
pub use value::{Design, Value};

//! A mapping: data-centric directives, outermost first, in levels of clusters.

use super::problem::Dim;

/// What a directive moves over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Over {
    /// A dimension of the layer; Y and X are of the input.
    Input(Dim),
    /// The height Y' or width X' of the output: `Dim::Y` or `Dim::X`.
    Output(Dim),
}

impl Over {
    /// The dimension of a name such as `C` or `X'`.
    #[must_use]
    pub fn of(name: &str) -> Option<Over> {
        match name.strip_suffix('\'') {
            Some(output) => Dim::of(output).filter(|dim| matches!(dim, Dim::X | Dim::Y)).map(Over::Output),
            None => Dim::of(name).map(Over::Input),
        }
    }
}

/// A directive: which part of a dimension a cluster has, and how far the next part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Directive {
    /// Over sub-clusters (SpatialMap) or over time (TemporalMap).
    pub spatial: bool,
    /// Elements of the part.
    pub size: i64,
    /// Elements from one part to the next.
    pub offset: i64,
    /// The dimension.
    pub over: Over,
}

impl Directive {
    /// SpatialMap.
    #[must_use]
    pub const fn spatial(size: i64, offset: i64, over: Over) -> Directive {
        Directive { spatial: true, size, offset, over }
    }

    /// TemporalMap.
    #[must_use]
    pub const fn temporal(size: i64, offset: i64, over: Over) -> Directive {
        Directive { spatial: false, size, offset, over }
    }
}

/// A mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// Directives of each level of clusters.
    pub levels: Vec<Vec<Directive>>,
    /// Sizes of the clusters between them: one less than levels.
    pub clusters: Vec<i64>,
}

impl Mapping {
    /// Most levels.
    pub const MOST_LEVELS: usize = 8;
}

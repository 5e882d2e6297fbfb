//! The initial sample: a scrambled Sobol sequence (Owen 1998; Burley 2020), so that no region is overlooked by
//! chance.

use std::ops::Range;

use rl_env::design::{Design, DesignSpace, Kind, Value};
use rl_env::seed::Rng;
use sobol_burley::{NUM_DIMENSIONS, sample as sobol};

/// Designs of the given places in a sequence that `rng` scrambles. Orders, subsets, coordinates beyond those of the
/// sequence, and designs that break a constraint are random.
pub(super) fn sample(space: &DesignSpace, places: Range<usize>, rng: &mut Rng) -> Vec<Design> {
    let scramble = rng.next_u32();
    let one = |place: usize| {
        let coordinate = |i: usize, rng: &mut Rng| match u32::try_from(i) {
            Ok(i) if i < NUM_DIMENSIONS => f64::from(sobol(place as u32 & 0xffff, i, scramble)),
            _ => rng.uniform(),
        };
        let unit: Vec<f64> = (0..space.unit_dim()).map(|i| coordinate(i, rng)).collect();
        let Ok(mut design) = space.from_unit(&unit) else { return space.sample(rng) };
        for (value, parameter) in design.0.iter_mut().zip(space.parameters()) {
            let structured = matches!(parameter.kind, Kind::Permutation { .. } | Kind::Subset { .. });
            if structured && *value != Value::Inactive {
                *value = parameter.kind.sample(rng);
            }
        }
        space.canonicalise(&mut design);
        if space.violated(&design).is_some() { space.sample(rng) } else { design }
    };
    places.map(one).collect()
}

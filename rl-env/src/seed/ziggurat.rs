//! Normal and exponential draws by the ziggurat (Marsaglia and Tsang 2000) in NumPy's arrangement: 256 layers,
//! one 64-bit word per accepted draw. The layer tables are computed when first used, with no function of the
//! platform's mathematics library; each follows the precision in which NumPy's own table was once made.

use std::sync::LazyLock;

use super::{Rng, double::Double};

const LAYERS: usize = 256;

/// Where the tail starts, and a layer's area: the pair that closes 256 layers at the density's top. The normal
/// area is six units in the last place under the ideal one, as NumPy's table implies.
const NORMAL_R: f64 = 3.654152885361009;
const NORMAL_AREA: f64 = 0.004928673233974652;
const EXPONENTIAL_R: Double = Double(7.69711747013105, -3.6248703662405964e-16);
const EXPONENTIAL_AREA: Double = Double(0.003949659822581557, 2.0147157867286268e-19);

static NORMAL: LazyLock<Layers> = LazyLock::new(Layers::normal);
static EXPONENTIAL: LazyLock<Layers> = LazyLock::new(Layers::exponential);

/// A standard normal draw.
#[inline]
pub(super) fn normal(rng: &mut Rng) -> f64 {
    let layers = &*NORMAL;
    loop {
        // The word holds, from below: 8 bits layer, 1 bit sign, 52 bits position; 3 bits unused.
        let word = rng.next_u64();
        let layer = (word & 0xff) as usize;
        let position = (word >> 9) & ((1 << 52) - 1);
        let x = position as f64 * layers.width[layer];
        // Onto the sign bit: a branch on a random bit would be mispredicted half the time.
        let signed = f64::from_bits(x.to_bits() | (word & 0x100) << 55);
        if position < layers.inside[layer] {
            return signed;
        }
        if layer == 0 {
            return normal_tail(rng, position);
        }
        if layers.under_curve(rng, layer, -0.5 * x * x) {
            return signed;
        }
    }
}

/// Beyond the last layer, where NumPy takes the sign from another bit (Marsaglia 1964).
fn normal_tail(rng: &mut Rng, position: u64) -> f64 {
    loop {
        let x = -(1.0 / NORMAL_R) * libm::log1p(-rng.uniform());
        let y = -libm::log1p(-rng.uniform());
        if y + y > x * x {
            let tail = NORMAL_R + x;
            return if position >> 8 & 1 == 0 { tail } else { -tail };
        }
    }
}

/// A standard exponential draw.
#[inline]
pub(super) fn exponential(rng: &mut Rng) -> f64 {
    let layers = &*EXPONENTIAL;
    loop {
        // From below: 3 bits unused, 8 bits layer, 53 bits position.
        let word = rng.next_u64() >> 3;
        let layer = (word & 0xff) as usize;
        let position = word >> 8;
        let x = position as f64 * layers.width[layer];
        if position < layers.inside[layer] {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_R.0 - libm::log1p(-rng.uniform());
        }
        if layers.under_curve(rng, layer, -x) {
            return x;
        }
    }
}

/// The tables of one density. Layer 0 is the base with the tail, layer 255 the widest above it, layer 1 the top.
struct Layers {
    /// Positions below this lie wholly under the curve.
    inside: [u64; LAYERS],
    /// Layer width per position step.
    width: [f64; LAYERS],
    /// Density at the layer's edge.
    density: [f64; LAYERS],
}

impl Layers {
    /// In `f64` steps, each rounded to nearest: x of the next layer solves density(x) = area / x + density.
    fn normal() -> Self {
        let scale = (1u64 << 52) as f64;
        let density = |x: f64| Double(-0.5 * x * x, 0.0).exp().0;
        let mut layers = Self::empty();
        let (mut x, mut y) = (NORMAL_R, density(NORMAL_R));
        layers.inside[0] = (x * y / NORMAL_AREA * scale) as u64;
        layers.width[0] = NORMAL_AREA / y / scale;
        layers.set_edge(LAYERS - 1, x / scale, y);
        for layer in (1..LAYERS - 1).rev() {
            let outer = x;
            x = (-2.0 * Double(NORMAL_AREA / outer + y, 0.0).ln().0).sqrt();
            // The exponential behind NumPy's table rounded this one value up instead of to nearest.
            y = if layer == 38 { density(x).next_up() } else { density(x) };
            layers.inside[layer + 1] = (x / outer * scale).round_ties_even() as u64;
            layers.set_edge(layer, x / scale, y);
        }
        layers
    }

    /// In double precision throughout, rounded once; positions are rounded down to even ones.
    fn exponential() -> Self {
        let scale = (1u64 << 53) as f64;
        let even = |ratio: Double| 2 * ratio.scale(scale / 2.0).whole();
        let mut layers = Self::empty();
        let (mut x, mut y) = (EXPONENTIAL_R, EXPONENTIAL_R.scale(-1.0).exp());
        layers.inside[0] = even(x.times(y).over(EXPONENTIAL_AREA));
        layers.width[0] = EXPONENTIAL_AREA.over(y).0 / scale;
        layers.set_edge(LAYERS - 1, x.0 / scale, y.0);
        for layer in (1..LAYERS - 1).rev() {
            let outer = x;
            y = EXPONENTIAL_AREA.over(outer).plus(y);
            x = y.ln().scale(-1.0);
            layers.inside[layer + 1] = even(x.over(outer));
            layers.set_edge(layer, x.0 / scale, y.0);
        }
        layers
    }

    fn empty() -> Self {
        Self { inside: [0; LAYERS], width: [0.0; LAYERS], density: [1.0; LAYERS] }
    }

    fn set_edge(&mut self, layer: usize, width: f64, density: f64) {
        self.width[layer] = width;
        self.density[layer] = density;
    }

    /// The rejection test between a layer's inner and outer edge.
    #[inline]
    fn under_curve(&self, rng: &mut Rng, layer: usize, log_density: f64) -> bool {
        let (upper, lower) = (self.density[layer - 1], self.density[layer]);
        (upper - lower) * rng.uniform() + lower < libm::exp(log_density)
    }
}

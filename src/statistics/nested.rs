//! Variance components of a nested random-effects model, `y = μ + outer + inner within outer + rest`, by the analysis of variance.
//! Cells may be of any size (Searle, Casella and McCulloch 1992, section 3.6 and appendix F).

/// One component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// Estimate; below zero where the level varies less than what is inside it would make it.
    pub variance: f64,
    /// Degrees of freedom of the level's sum of squares.
    pub degrees_of_freedom: usize,
}

/// The components of all levels that the data has several of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Components {
    /// Between outer groups; `None` if there is one.
    pub outer: Option<Component>,
    /// Between inner groups of the same outer group; `None` if each has one.
    pub inner: Option<Component>,
    /// Within inner groups.
    pub rest: Component,
}

/// The components of values by outer and inner group. `None` if no inner group has two values, for then what is within them
/// cannot be told from what is between them.
pub fn components(groups: &[Vec<Vec<f64>>]) -> Option<Components> {
    let groups: Vec<Vec<&Vec<f64>>> =
        groups.iter().map(|outer| outer.iter().filter(|cell| !cell.is_empty()).collect()).collect();
    let groups: Vec<&Vec<&Vec<f64>>> = groups.iter().filter(|outer| !outer.is_empty()).collect();
    let cells: usize = groups.iter().map(|outer| outer.len()).sum();
    let values: Vec<f64> = groups.iter().flat_map(|o| o.iter().flat_map(|c| c.iter().copied())).collect();
    let n = values.len();
    if n == cells {
        return None;
    }
    let grand = mean(&values);
    let (mut between, mut inside, mut within) = (0.0, 0.0, 0.0);
    // Σ nᵢⱼ²/nᵢ, Σ nᵢⱼ², Σ nᵢ².
    let (mut ratio, mut cell_squares, mut outer_squares) = (0.0, 0.0, 0.0);
    for outer in &groups {
        let all: Vec<f64> = outer.iter().flat_map(|cell| cell.iter().copied()).collect();
        let (size, centre) = (all.len() as f64, mean(&all));
        between += size * (centre - grand) * (centre - grand);
        outer_squares += size * size;
        for cell in *outer {
            let (count, middle) = (cell.len() as f64, mean(cell));
            inside += count * (middle - centre) * (middle - centre);
            within += cell.iter().map(|y| (y - middle) * (y - middle)).sum::<f64>();
            ratio += count * count / size;
            cell_squares += count * count;
        }
    }
    let total = n as f64;
    let freedom = (groups.len() - 1, cells - groups.len(), n - cells);
    let rest = within / freedom.2 as f64;
    let inner = (freedom.1 > 0).then(|| {
        let per = (total - ratio) / freedom.1 as f64;
        (inside / freedom.1 as f64 - rest) / per
    });
    let outer = (freedom.0 > 0).then(|| {
        let (inner_per, outer_per) = (ratio - cell_squares / total, total - outer_squares / total);
        let free = freedom.0 as f64;
        (between / free - rest - inner_per / free * inner.unwrap_or(0.0)) / (outer_per / free)
    });
    let component = |freedom: usize| move |variance| Component { variance, degrees_of_freedom: freedom };
    Some(Components {
        outer: outer.map(component(freedom.0)),
        inner: inner.map(component(freedom.1)),
        rest: component(freedom.2)(rest),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

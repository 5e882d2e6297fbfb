//! Features as small whole numbers, so that a split is found by counting.

use super::matrix::Matrix;

/// Most bins of a feature: a bin has to fit into a byte.
const MOST: usize = 256;

/// Features in bins.
#[derive(Debug)]
pub(crate) struct Bins {
    /// Number of features.
    pub(crate) features: usize,
    /// By rows, the bin of each feature.
    pub(crate) data: Vec<u8>,
    /// For each feature, the thresholds between its bins.
    pub(crate) cuts: Vec<Vec<f32>>,
}

impl Bins {
    /// Bins of all features: one for each value, or quantiles if there are too many values.
    pub(crate) fn new(features: &Matrix<f32>) -> Self {
        let cuts: Vec<Vec<f32>> = (0..features.columns).map(|column| cuts(features, column)).collect();
        let bin = |(x, cuts): (&f32, &Vec<f32>)| cuts.partition_point(|cut| x > cut) as u8;
        let data = features.iter().flat_map(|row| row.iter().zip(&cuts).map(bin)).collect();
        Self { features: features.columns, data, cuts }
    }

    /// The bins of a row.
    pub(crate) fn row(&self, row: u32) -> &[u8] {
        let start = row as usize * self.features;
        &self.data[start..start + self.features]
    }
}

fn cuts(features: &Matrix<f32>, column: usize) -> Vec<f32> {
    let mut values: Vec<f32> = features.column(column).collect();
    values.sort_by(f32::total_cmp);
    let all = values.clone();
    values.dedup();
    let between = |low: f32, high: f32| low + (high - low) / 2.0;
    if values.len() <= MOST {
        return values.windows(2).map(|pair| between(pair[0], pair[1])).collect();
    }
    let mut cuts: Vec<f32> = (1..MOST)
        .map(|i| {
            let at = i * all.len() / MOST;
            between(all[at - 1], all[at])
        })
        .collect();
    cuts.dedup();
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_a_value_until_there_are_too_many() {
        let few = Matrix { columns: 1, data: vec![3.0, 1.0, 2.0, 1.0] };
        let bins = Bins::new(&few);
        assert_eq!((bins.data, bins.cuts), (vec![2, 0, 1, 0], vec![vec![1.5, 2.5]]));
        let many = Matrix { columns: 1, data: (0..1000).map(|i| i as f32).collect() };
        let bins = Bins::new(&many);
        assert_eq!(bins.cuts[0].len(), MOST - 1);
        assert!(bins.data.is_sorted() && bins.data.last() == Some(&255));
    }
}

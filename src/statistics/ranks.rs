//! Ranks, ties sharing the mean of theirs.

/// Ranks of values from 1, the smallest first, and the number of values in each group of ties.
pub fn ranks(values: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let (mut ranks, mut ties, mut start) = (vec![0.0; values.len()], Vec::new(), 0);
    while start < order.len() {
        let same = |i: &&usize| values[**i] == values[order[start]];
        let count = order[start..].iter().take_while(same).count().max(1);
        let shared = start as f64 + 0.5 * (count + 1) as f64;
        order[start..start + count].iter().for_each(|i| ranks[*i] = shared);
        ties.push(count);
        start += count;
    }
    (ranks, ties)
}

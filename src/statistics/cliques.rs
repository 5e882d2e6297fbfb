//! Groups of treatments of which no two differ: the bars of a critical-difference diagram (Demšar 2006).

/// The maximal sets of at least two of `count` treatments in which every pair is `alike` (Bron and Kerbosch 1973), each
/// ascending, in order of their members.
pub fn cliques(count: usize, alike: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let neighbours: Vec<Vec<usize>> =
        (0..count).map(|a| (0..count).filter(|b| a != *b && alike(a, *b)).collect()).collect();
    let mut found = Vec::new();
    extend(&neighbours, &mut Vec::new(), (0..count).collect(), Vec::new(), &mut found);
    found.iter_mut().for_each(|clique| clique.sort_unstable());
    found.sort();
    found
}

/// Extends `clique` by `candidates`; `done` are those that it was extended by before.
fn extend(
    neighbours: &[Vec<usize>],
    clique: &mut Vec<usize>,
    mut candidates: Vec<usize>,
    mut done: Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    let both = candidates.iter().chain(&done);
    let shared = |v: &&usize| candidates.iter().filter(|c| neighbours[**v].contains(c)).count();
    let Some(&pivot) = both.max_by_key(shared) else {
        if clique.len() > 1 {
            found.push(clique.clone());
        }
        return;
    };
    let branches: Vec<usize> =
        candidates.iter().copied().filter(|c| !neighbours[pivot].contains(c)).collect();
    for v in branches {
        let near = |all: &[usize]| all.iter().copied().filter(|c| neighbours[v].contains(c)).collect();
        clique.push(v);
        extend(neighbours, clique, near(&candidates), near(&done), found);
        clique.pop();
        candidates.retain(|c| *c != v);
        done.push(v);
    }
}

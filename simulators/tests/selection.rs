//! Selection: golden values, properties, brute force, and input that is not what it should be.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use sweepstake_simulators::selection::{
    PassMatrix, Priors, Ranking, Scenario, SelectionError, Strategy, Thetas, Verdicts, Warning, diagnose,
    shortlist,
};

fn priors(alpha: f64, beta0: f64) -> Priors {
    Priors::new(alpha, beta0).unwrap()
}

fn strategies() -> Vec<Strategy> {
    let thetas = Thetas { x: 0.2, y: 0.3, one: 0.4, zero: 0.1 };
    vec![
        Strategy::Random,
        Strategy::MaxPass,
        Strategy::MbrExec,
        Strategy::CodeT,
        Strategy::B4(priors(10.0, 10.0)),
        Strategy::B4(Priors::default()),
        Strategy::B4Marginal(priors(10.0, 10.0)),
        Strategy::Oracle(thetas),
    ]
}

fn golden() -> PassMatrix {
    PassMatrix::from_text(&["1101", "1101", "0111", "1000"]).unwrap()
}

fn is(ranking: &Ranking, expected: &[(&[usize], f64)]) {
    assert_eq!(ranking.sets.len(), expected.len());
    for (set, (candidates, score)) in ranking.sets.iter().zip(expected) {
        assert_eq!(set.candidates, *candidates);
        assert!((set.score - score).abs() <= 1e-8 * score.abs(), "{} is not {score}", set.score);
    }
}

#[test]
fn heuristics_score_the_golden_matrix() {
    is(&Strategy::MaxPass.rank(&golden()), &[(&[0, 1, 2], 3.0), (&[3], 1.0)]);
    is(&Strategy::MbrExec.rank(&golden()), &[(&[0, 1], 2.0), (&[2], 1.0), (&[3], 1.0)]);
    is(&Strategy::CodeT.rank(&golden()), &[(&[0, 1], 4.242640687119285), (&[2], 3.0), (&[3], 1.0)]);
}

#[test]
fn b4_scores_the_golden_matrix() {
    let b4 = |alpha, beta0| Strategy::B4(priors(alpha, beta0)).rank(&golden());
    is(
        &b4(10.0, 10.0),
        &[(&[0, 1], -22.02421718857732), (&[2], -28.59649973127133), (&[3], -32.38741991091842)],
    );
    is(
        &b4(1e3, 1e5),
        &[(&[0, 1], -61.82912562990086), (&[2], -91.07061415788618), (&[3], -137.76208235431642)],
    );
    is(
        &b4(1.0, 1.0),
        &[(&[0, 1], -13.130331547053505), (&[3], -14.362475228346138), (&[2], -14.516625908173395)],
    );
}

#[test]
fn the_marginal_gives_the_golden_probabilities() {
    let of = |prior, row: usize| {
        let ranking = Strategy::B4Marginal(priors(prior, prior)).rank(&golden());
        ranking.sets.iter().find(|set| set.candidates.contains(&row)).unwrap().probability.unwrap()
    };
    for (prior, expected) in
        [(10.0, [0.96300682, 0.00129698, 2.928e-5]), (1.0, [0.62790698, 0.13953488, 0.1627907])]
    {
        for (row, expected) in [0, 2, 3].into_iter().zip(expected) {
            assert!((of(prior, row) - expected).abs() < 6e-9, "{prior} {row}: {}", of(prior, row));
        }
    }
}

#[test]
fn known_probabilities_give_the_posterior_of_bayes() {
    // One candidate of two passes the only test. Which is correct? Enumerated by hand.
    let matrix = PassMatrix::from_text(&["1", "0"]).unwrap();
    let Thetas { x, y, one, zero } = Thetas { x: 0.3, y: 0.6, one: 0.2, zero: 0.1 };
    let first = y * x * (1.0 - x) * (1.0 - one);
    let second = (1.0 - y) * x * (1.0 - x) * zero;
    let ranking = Strategy::Oracle(Thetas { x, y, one, zero }).rank(&matrix);
    assert_eq!(ranking.top, [0]);
    assert!((ranking.sets[0].probability.unwrap() - first / (first + second)).abs() < 1e-14);
}

/// All x and y, straight from the model with Beta integrals: P(x_i = 1 | E, x ≠ 0).
fn brute_force(rows: &[Vec<bool>], alpha: f64, beta0: f64) -> Vec<f64> {
    let (n, m) = (rows.len(), rows[0].len());
    let beta = |a: f64, b: f64| libm_beta(a, b);
    let mut weights = vec![0.0; n];
    let mut total = 0.0;
    for x in 1_u32..1 << n {
        for y in 0_u32..1 << m {
            let (right, sound) = (|i: usize| x >> i & 1 == 1, |j: usize| y >> j & 1 == 1);
            if (0..n).any(|i| right(i) && (0..m).any(|j| rows[i][j] != sound(j))) {
                continue;
            }
            let mut counts = [[0.0_f64; 2]; 2];
            for (i, row) in rows.iter().enumerate().filter(|(i, _)| !right(*i)) {
                let _ = i;
                for (j, passes) in row.iter().enumerate() {
                    counts[usize::from(sound(j))][usize::from(*passes)] += 1.0;
                }
            }
            let (ones, tests) = (f64::from(x.count_ones()), f64::from(y.count_ones()));
            let weight = beta(ones + alpha, n as f64 - ones + 1.0)
                * beta(tests + alpha, m as f64 - tests + 1.0)
                * beta(counts[1][1] + 1.0, counts[1][0] + 1.0)
                * beta(counts[0][1] + 1.0, counts[0][0] + beta0);
            total += weight;
            (0..n).filter(|i| right(*i)).for_each(|i| weights[i] += weight);
        }
    }
    weights.into_iter().map(|weight| weight / total).collect()
}

/// B(a, b) for whole b, without ln Γ: (b-1)! / (a (a+1) … (a+b-1)).
fn libm_beta(a: f64, b: f64) -> f64 {
    let mut value = 1.0 / a;
    let mut k = 1.0;
    while k < b {
        value *= k / (a + k);
        k += 1.0;
    }
    value
}

fn matrices(rows: usize, columns: usize) -> impl proptest::strategy::Strategy<Value = Vec<Vec<bool>>> {
    (1..=rows, 1..=columns).prop_flat_map(|(rows, columns)| {
        proptest::collection::vec(proptest::collection::vec(any::<bool>(), columns), rows)
    })
}

/// Rows in another order, and columns too.
fn shuffled(rows: &[Vec<bool>], order: &[usize], columns: &[usize]) -> PassMatrix {
    PassMatrix::from_rows(rows).unwrap().part(order, columns).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_marginal_is_that_of_brute_force(rows in matrices(8, 5), alpha in 1_u32..12, beta0 in 1_u32..12) {
        let (alpha, beta0) = (f64::from(alpha), f64::from(beta0));
        let expected = brute_force(&rows, alpha, beta0);
        let ranking = Strategy::B4Marginal(priors(alpha, beta0)).rank(&PassMatrix::from_rows(&rows).unwrap());
        for set in &ranking.sets {
            for i in &set.candidates {
                let probability = set.probability.unwrap();
                prop_assert!((probability - expected[*i]).abs() < 1e-11, "{probability} {}", expected[*i]);
            }
        }
    }

    #[test]
    fn the_order_of_rows_and_columns_does_not_matter(rows in matrices(24, 70), turn in any::<u16>()) {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut columns: Vec<usize> = (0..rows[0].len()).collect();
        let (n, m) = (order.len(), columns.len());
        order.rotate_left(usize::from(turn) % n);
        columns.rotate_left(usize::from(turn) % m);
        columns.reverse();
        let straight = PassMatrix::from_rows(&rows).unwrap();
        let turned = shuffled(&rows, &order, &columns);
        for strategy in strategies() {
            let (one, other) = (strategy.rank(&straight), strategy.rank(&turned));
            let mut back: Vec<usize> = other.top.iter().map(|i| order[*i]).collect();
            back.sort_unstable();
            prop_assert_eq!(&one.top, &back, "{}", strategy.name());
            let bits = |ranking: &Ranking| -> Vec<u64> { ranking.sets.iter().map(|s| s.score.to_bits()).collect() };
            prop_assert_eq!(bits(&one), bits(&other), "{}", strategy.name());
        }
    }

    #[test]
    fn every_candidate_is_ranked_once_and_probabilities_are_probabilities(rows in matrices(24, 40)) {
        let matrix = PassMatrix::from_rows(&rows).unwrap();
        for strategy in strategies() {
            let ranking = strategy.rank(&matrix);
            let mut all: Vec<usize> = ranking.sets.iter().flat_map(|set| set.candidates.clone()).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
            prop_assert!(ranking.sets.is_sorted_by(|a, b| a.score >= b.score));
            prop_assert!(ranking.sets.iter().all(|set| set.score.is_finite()));
            let within = |p: f64| (0.0..=1.0).contains(&p);
            prop_assert!(ranking.sets.iter().all(|set| set.probability.is_none_or(within)));
            prop_assert_eq!(strategy.best(&matrix), ranking.top);
        }
    }
}

#[test]
fn a_single_candidate_is_chosen_and_said_to_be_the_only_one() {
    let matrix = PassMatrix::from_text(&["0110"]).unwrap();
    for strategy in strategies() {
        let ranking = strategy.rank(&matrix);
        assert_eq!(ranking.top, [0]);
        let sure = |p: f64| (p - 1.0).abs() < 1e-12;
        assert!(ranking.sets[0].probability.is_none_or(sure), "{}", strategy.name());
    }
    assert_eq!(diagnose(&matrix), [Warning::Single]);
}

#[test]
fn equal_and_empty_rows_tie() {
    for text in ["0000", "1111", "0101"] {
        let matrix = PassMatrix::from_text(&[text; 5]).unwrap();
        for strategy in strategies() {
            assert_eq!(strategy.rank(&matrix).top, [0, 1, 2, 3, 4], "{}", strategy.name());
        }
        assert!(matches!(diagnose(&matrix)[..], [Warning::Constant | Warning::AllAlike]));
    }
}

#[test]
fn broken_matrices_are_refused() {
    let none: [&str; 0] = [];
    let empty = |what| Err(SelectionError::Empty { what });
    assert_eq!(PassMatrix::from_text(&none), empty("candidates"));
    assert_eq!(PassMatrix::from_text(&["", ""]), empty("verdicts"));
    let ragged = SelectionError::Ragged { row: 2, found: 2, expected: 3 };
    assert_eq!(PassMatrix::from_text(&["101", "10"]), Err(ragged));
    let binary = SelectionError::NotBinary { row: 1, column: 3, found: "x".into() };
    assert_eq!(PassMatrix::from_text(&["10x"]), Err(binary));
    assert!(matches!(PassMatrix::zeros(1 << 40, 1 << 40), Err(SelectionError::TooLarge { .. })));
    assert!(matches!(PassMatrix::zeros(usize::MAX, 64), Err(SelectionError::TooLarge { .. })));
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Priors::new(bad, 1.0).is_err() && Priors::new(1.0, bad).is_err(), "{bad}");
    }
}

#[test]
fn a_hundred_thousand_candidates_are_ranked() {
    let rows: Vec<Vec<bool>> =
        (0..100_000_usize).map(|i| (0..20).map(|j| ((i % 1000) >> (j % 10)) & 1 == 1).collect()).collect();
    let matrix = PassMatrix::from_rows(&rows).unwrap();
    let ranking = Strategy::B4(Priors::default()).rank(&matrix);
    assert_eq!(ranking.sets.len(), 1000);
    assert!(ranking.sets.iter().all(|set| set.candidates.len() == 100 && set.score.is_finite()));
}

#[test]
fn in_doubt_nothing_is_chosen() {
    let ranking = Strategy::B4Marginal(priors(1.0, 1.0)).rank(&golden());
    assert_eq!(ranking.unless_in_doubt(0.6), Some(&[0, 1][..]));
    assert_eq!(ranking.unless_in_doubt(0.7), None);
    assert_eq!(
        Strategy::CodeT.rank(&golden()).unless_in_doubt(0.0),
        None,
        "a heuristic knows no probability"
    );
}

fn uniform(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let mixed = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        ((mixed ^ (mixed >> 33)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Pass@1 of a strategy over drawn matrices with something to choose.
fn pass_at_1(strategy: &Strategy, scenario: &Scenario, repeats: usize) -> f64 {
    let mut draw = uniform(1);
    let (mut sum, mut open) = (0.0, 0);
    while open < repeats {
        let drawn = scenario.draw(&mut draw).unwrap();
        if drawn.is_open() {
            open += 1;
            sum += strategy.rank(&drawn.matrix).pass_at_1(&drawn.correct);
        }
    }
    sum / open as f64
}

/// Recorded with 1500 matrices: .220 .569 .721 .806 .980 .987; standard errors up to .013 on either side.
#[test]
fn the_default_simulation_gives_the_recorded_success() {
    let scenario = Scenario::default();
    let recorded = [
        (Strategy::Random, 0.220),
        (Strategy::MaxPass, 0.569),
        (Strategy::MbrExec, 0.721),
        (Strategy::CodeT, 0.806),
        (Strategy::B4(priors(10.0, 10.0)), 0.980),
        (Strategy::Oracle(scenario.thetas), 0.987),
    ];
    for (strategy, expected) in recorded {
        let ours = pass_at_1(&strategy, &scenario, 2000);
        assert!((ours - expected).abs() < 0.045, "{}: {ours} instead of {expected}", strategy.name());
    }
}

/// Of the candidates given a probability around p, about p are correct where the prior is that of the simulation.
#[test]
fn the_oracle_is_calibrated() {
    let mut scenario = Scenario { tests: 6, ..Scenario::default() };
    scenario.thetas.zero = 0.3;
    let mut draw = uniform(3);
    let mut bins = [(0.0, 0.0, 0.0); 5];
    for _ in 0..4000 {
        let drawn = scenario.draw(&mut draw).unwrap();
        if !drawn.correct.contains(&true) {
            continue;
        }
        for set in Strategy::Oracle(scenario.thetas).rank(&drawn.matrix).sets {
            for i in set.candidates {
                let p = set.probability.unwrap();
                let bin = &mut bins[((p * 5.0) as usize).min(4)];
                *bin = (bin.0 + p, bin.1 + f64::from(u8::from(drawn.correct[i])), bin.2 + 1.0);
            }
        }
    }
    for (said, happened, count) in bins {
        assert!(count > 100.0 && (said - happened).abs() / count < 0.03, "{said} {happened} {count}");
    }
}

#[test]
fn broken_assumptions_are_seen() {
    let splintered = ["1111111111", "1111111111", "1111111110", "1111111101", "0000000001", "0110000110"];
    let warnings = diagnose(&PassMatrix::from_text(&splintered).unwrap());
    assert!(warnings.contains(&Warning::Splintered { sets: 2, candidates: 2 }), "{warnings:?}");
    // The second column is the first again, the others count.
    let columns: Vec<Vec<bool>> =
        (0..16).map(|i| [1, 1, 2, 4, 8].iter().map(|bit| i & bit != 0).collect()).collect();
    let warnings = diagnose(&PassMatrix::from_rows(&columns).unwrap());
    assert_eq!(
        warnings,
        [Warning::NoAgreement, Warning::CorrelatedColumns { columns: vec![(1, 0)] }],
        "{warnings:?}"
    );
    let sound = Scenario { candidates: 40, ..Scenario::default() }.draw(uniform(5)).unwrap();
    assert_eq!(diagnose(&sound.matrix), []);
}

#[test]
fn a_shortlist_counts_designs_and_verdicts_once() {
    // Design i has its bits as verdicts, the first one twice, the last one held out; the first design comes again.
    let numbers: Vec<usize> = (0..16).chain([0]).collect();
    let row = |i: &usize| -> Vec<bool> { [1, 1, 2, 4, 8].iter().map(|bit| i & bit != 0).collect() };
    let rows: Vec<Vec<bool>> = numbers.iter().map(row).collect();
    let matrix = PassMatrix::from_rows(&rows).unwrap();
    let designs: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let verdicts = Verdicts { matrix: &matrix, designs: &designs, held_out: &[4] };
    let chosen = shortlist(verdicts, &Strategy::MaxPass).unwrap();
    assert_eq!(chosen.duplicates, 1);
    assert_eq!(chosen.repeated, [(1, 0)]);
    assert_eq!(chosen.used, [0, 2, 3]);
    assert_eq!(chosen.ranking.top, [7, 15]);
    assert_eq!(chosen.held_out, Some((0.5, 0.5)), "one of two chosen, eight of sixteen");
}

#[test]
fn a_shortlist_needs_verdicts_that_agree_with_themselves() {
    let matrix = PassMatrix::from_text(&["10", "01"]).unwrap();
    let same = ["a".to_owned(), "a".to_owned()];
    let error = |designs: &[String], held_out: &[usize]| {
        let verdicts = Verdicts { matrix: &matrix, designs, held_out };
        shortlist(verdicts, &Strategy::CodeT).unwrap_err().to_string()
    };
    assert!(error(&same, &[]).contains("deterministic"));
    let apart = ["a".to_owned(), "b".to_owned()];
    assert!(error(&apart, &[0, 1]).contains("held out"));
    assert!(error(&apart, &[2]).contains("not there"));
    assert!(error(&apart[..1], &[]).contains("1 designs for 2 rows"));
}

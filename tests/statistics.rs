//! The statistics give the numbers of public tools (tests/golden/statistics/make.py), to 1e-9 where those are deterministic.

#![allow(clippy::unwrap_used)] // a failed check shall panic

use std::sync::LazyLock;

use serde_json::Value as Json;
use sweepstake::statistics::forest::{Forest, Node, Tree};
use sweepstake::statistics::{
    self as statistics, Band, Crossed, Interval, Layout, Strata, distributions, interquartile_mean,
};

static GOLDEN: LazyLock<Json> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/statistics/golden.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

fn list(json: &Json) -> &[Json] {
    json.as_array().unwrap()
}

fn numbers(json: &Json) -> Vec<f64> {
    list(json).iter().map(|x| x.as_f64().unwrap()).collect()
}

fn rows(json: &Json) -> Vec<Vec<f64>> {
    list(json).iter().map(numbers).collect()
}

#[track_caller]
fn assert_close(ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() <= 1e-9, "{ours} is not {theirs}");
}

#[track_caller]
fn assert_all_close(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).for_each(|(ours, theirs)| assert_close(*ours, *theirs));
}

#[test]
fn distribution_functions_are_those_of_scipy() {
    let golden = &GOLDEN["distributions"];
    let check = |name: &str, ours: &dyn Fn(&[f64]) -> f64| {
        for case in rows(&golden[name]) {
            let (theirs, arguments) = case.split_last().unwrap();
            assert_close(ours(arguments), *theirs);
        }
    };
    check("normal_survival", &|a| distributions::normal_survival(a[0]));
    check("normal_quantile", &|a| distributions::normal_quantile(a[0]));
    check("chi_squared_survival", &|a| distributions::chi_squared_survival(a[0], a[1]));
    check("beta_quantile", &|a| distributions::beta_quantile(a[0], a[1], a[2]));
    check("beta_cdf", &|a| distributions::beta_cdf(a[0], a[1], a[2]));
}

#[test]
fn wilson_intervals_are_those_of_statsmodels() {
    for case in rows(&GOLDEN["wilson"]) {
        let (low, high) = statistics::wilson(case[0] as u64, case[1] as u64, case[2]);
        assert_all_close(&[low, high], &case[3..]);
    }
    assert_eq!(statistics::wilson(0, 0, 0.95), (0.0, 1.0));
}

#[test]
fn friedman_tests_are_those_of_scipy() {
    for case in list(&GOLDEN["friedman"]) {
        let test = statistics::friedman(&rows(&case["blocks"])).unwrap();
        assert_close(test.statistic, case["statistic"].as_f64().unwrap());
        assert_close(test.p, case["p"].as_f64().unwrap());
        assert_all_close(&test.mean_ranks, &numbers(&case["mean_ranks"]));
    }
}

#[test]
fn friedman_needs_three_treatments_and_two_blocks() {
    assert_eq!(statistics::friedman(&[vec![1.0, 2.0], vec![1.0, 2.0]]), None);
    assert_eq!(statistics::friedman(&[vec![1.0, 2.0, 3.0]]), None);
    assert_eq!(statistics::friedman(&[]), None);
    let tied = statistics::friedman(&[vec![1.0; 3], vec![2.0; 3]]).unwrap();
    assert_eq!((tied.statistic, tied.p), (0.0, 1.0));
}

#[test]
fn wilcoxon_tests_are_those_of_scipy() {
    for case in list(&GOLDEN["wilcoxon"]) {
        let test = statistics::wilcoxon(&numbers(&case["d"]));
        assert_close(test.statistic, case["statistic"].as_f64().unwrap());
        assert_close(test.p, case["p"].as_f64().unwrap());
    }
}

#[test]
fn wilcoxon_says_how_it_found_its_probability() {
    use statistics::Method::{Exact, None, Normal};
    let method = |count: i32| statistics::wilcoxon(&(1..=count).map(f64::from).collect::<Vec<_>>()).method;
    assert_eq!((method(50), method(51)), (Exact, Normal));
    let tied = |count: usize| statistics::wilcoxon(&vec![1.0; count]).method;
    assert_eq!((tied(13), tied(14)), (Exact, Normal));
    let nothing = statistics::wilcoxon(&[0.0, 0.0]);
    assert_eq!((nothing.p, nothing.method), (1.0, None));
    assert_eq!(statistics::wilcoxon(&[]).method, None);
}

#[test]
fn holm_corrections_are_those_of_statsmodels() {
    for case in list(&GOLDEN["holm"]) {
        assert_all_close(&statistics::holm(&numbers(&case[0])), &numbers(&case[1]));
    }
    assert!(statistics::holm(&[]).is_empty());
}

#[test]
fn cliques_are_those_of_scikit_posthocs() {
    for case in list(&GOLDEN["cliques"]) {
        let adjacency = rows(&case["adjacency"]);
        let ours = statistics::cliques(adjacency.len(), |a, b| adjacency[a][b] == 1.0);
        let theirs: Vec<Vec<usize>> = serde_json::from_value(case["cliques"].clone()).unwrap();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn performance_profiles_are_those_of_rliable() {
    let golden = &GOLDEN["profile"];
    let profile =
        statistics::profile(&rows(&golden["strata"]), &numbers(&golden["taus"]), 200, rl_env::seed::Seed(1));
    let shares: Vec<f64> = profile.iter().map(|share| share.estimate).collect();
    assert_all_close(&shares, &numbers(&golden["shares"]));
    assert!(profile.iter().all(|p| p.low <= p.estimate && p.estimate <= p.high));
    assert!(statistics::profile(&vec![vec![]], &[0.5], 10, rl_env::seed::Seed(1)).is_empty());
}

#[test]
fn intervals_of_order_statistics_are_those_of_opda() {
    for case in list(&GOLDEN["bands"]["intervals"]) {
        let band =
            Band::equal_tailed(case["n"].as_u64().unwrap() as usize, case["coverage"].as_f64().unwrap());
        assert_all_close(&band.low, &numbers(&case["low"]));
        assert_all_close(&band.high, &numbers(&case["high"]));
    }
}

/// The probability that a band of one width holds is the distribution of Kolmogorov's statistic.
#[test]
fn the_probability_of_a_band_is_that_of_kolmogorov_and_smirnov() {
    for case in rows(&GOLDEN["bands"]["kolmogorov"]) {
        let n = case[0];
        let low = (1..=n as usize).map(|i| (i as f64 / n - case[1]).clamp(0.0, 1.0)).collect();
        let high = (0..n as usize).map(|i| (i as f64 / n + case[1]).clamp(0.0, 1.0)).collect();
        assert_close(Band { low, high }.probability(), case[2]);
    }
}

/// opda simulates the common coverage 100,000 times; here it is exact.
#[test]
fn simultaneous_bands_are_those_of_opda_but_for_its_simulation() {
    for case in list(&GOLDEN["bands"]["simulated"]) {
        let band = Band::simultaneous(case["n"].as_u64().unwrap() as usize, 0.95);
        assert_close(band.probability(), 0.95);
        for (ours, theirs) in [(&band.low, &case["low"]), (&band.high, &case["high"])] {
            for (ours, theirs) in ours.iter().zip(numbers(theirs)) {
                assert!((ours - theirs).abs() < 2e-3, "{ours} is not {theirs}");
            }
        }
    }
}

#[test]
fn tuning_curves_are_those_of_opda() {
    for case in list(&GOLDEN["tuning"]) {
        let ys = numbers(&case["ys"]);
        let band = Band::equal_tailed(ys.len(), case["coverage"].as_f64().unwrap());
        let ks = 1..=ys.len();
        let best: Vec<f64> = ks.clone().map(|k| statistics::expected_best(&ys, k).unwrap()).collect();
        assert_all_close(&best, &numbers(&case["u"]));
        let median: Vec<_> =
            ks.map(|k| statistics::median_best(&ys, k, &band, (0.0, 1.0)).unwrap()).collect();
        let of = |f: fn(&statistics::Median) -> f64| median.iter().map(f).collect::<Vec<f64>>();
        assert_all_close(&of(|m| m.estimate), &numbers(&case["median"]));
        assert_all_close(&of(|m| m.low), &numbers(&case["low"]));
        assert_all_close(&of(|m| m.high), &numbers(&case["high"]));
    }
    assert_eq!(statistics::expected_best(&[1.0], 2), None);
    assert_eq!(statistics::expected_best(&[1.0], 0), None);
}

#[test]
fn variance_components_solve_the_expected_mean_squares() {
    for case in list(&GOLDEN["nested"]) {
        let groups: Vec<Vec<Vec<f64>>> = serde_json::from_value(case["groups"].clone()).unwrap();
        let ours = statistics::components(&groups).unwrap();
        let theirs = list(&case["components"]);
        for (ours, theirs) in [ours.outer, ours.inner, Some(ours.rest)].into_iter().zip(theirs) {
            match ours {
                None => assert!(theirs.is_null()),
                Some(component) => {
                    assert_close(component.variance, theirs[0].as_f64().unwrap());
                    assert_eq!(component.degrees_of_freedom as u64, theirs[1].as_u64().unwrap());
                }
            }
        }
    }
}

#[test]
fn one_value_in_every_cell_has_no_components() {
    assert_eq!(statistics::components(&[vec![vec![1.0], vec![2.0]], vec![vec![3.0]]]), None);
    assert_eq!(statistics::components(&[]), None);
    let constant = statistics::components(&vec![vec![vec![1.0; 2]; 2]; 2]).unwrap();
    assert_eq!((constant.rest.variance, constant.inner.unwrap().variance), (0.0, 0.0));
}

#[test]
fn sensitivity_and_effective_dimensionality_are_by_their_definitions() {
    for case in list(&GOLDEN["sensitivity"]) {
        let scores = rows(&case["scores"]);
        let ours = statistics::sensitivity(&scores).unwrap();
        assert_close(ours.tuned_for_each, case["each"].as_f64().unwrap());
        assert_close(ours.tuned_for_all, case["all"].as_f64().unwrap());
        assert_eq!(ours.best as u64, case["best"].as_u64().unwrap());
        let mut levels: Vec<Vec<usize>> = serde_json::from_value(case["levels"].clone()).unwrap();
        let dims = statistics::effective_dimensionality(&scores, &levels, 0.95);
        assert_eq!(dims.map(|d| d as u64), case["dims"].as_u64());
        levels[0] = vec![7, 7, 7];
        assert_eq!(statistics::effective_dimensionality(&scores, &levels, 0.95), None, "not a grid");
    }
    assert_eq!(statistics::sensitivity(&[]), None);
}

#[test]
fn ped_anova_is_that_of_optuna() {
    let layouts = [
        ("linear", Layout::Linear(-2.0, 3.0)),
        ("logarithmic", Layout::Logarithmic(1e-4, 1.0)),
        ("whole", Layout::Whole(1.0, 9.0)),
        ("many", Layout::Whole(0.0, 400.0)),
        ("whole logarithmic", Layout::WholeLogarithmic(2.0, 256.0)),
        ("category", Layout::Categories(3)),
    ];
    for case in list(&GOLDEN["ped_anova"]) {
        let columns: Vec<(Layout, Vec<f64>)> =
            layouts.iter().map(|(name, layout)| (*layout, numbers(&case["columns"][*name]))).collect();
        let ours =
            statistics::ped_anova(&columns, &numbers(&case["scores"]), case["share"].as_f64().unwrap());
        let theirs = layouts.map(|(name, _)| case["importance"][name].as_f64().unwrap());
        assert_all_close(&ours, &theirs);
    }
}

#[test]
fn importance_where_nothing_differs_is_shared_equally() {
    let columns = vec![(Layout::Whole(0.0, 1.0), vec![0.0, 1.0]), (Layout::Linear(0.0, 1.0), vec![0.2, 0.2])];
    assert_eq!(statistics::ped_anova(&columns, &[1.0, 1.0], 0.1), [0.5, 0.5]);
    assert_eq!(statistics::ped_anova(&columns, &[1.0], 0.1), [0.0, 0.0]);
}

/// Two bootstraps differ by their draws: by less than a fiftieth of the interval with so many.
fn assert_same_interval(interval: Interval, ends: &[f64]) {
    let near = 0.02 * (ends[1] - ends[0]);
    assert!((interval.low - ends[0]).abs() < near && (interval.high - ends[1]).abs() < near, "{interval:?}");
}

#[test]
fn bootstrap_intervals_are_those_of_very_many_draws_of_numpy() {
    let golden = &GOLDEN["bootstrap"];
    let pooled = |strata: &Strata<f64>| interquartile_mean(&mut strata.concat());
    let stratified =
        statistics::stratified(&rows(&golden["strata"]), pooled, 50_000, rl_env::seed::Seed(1)).unwrap();
    assert_same_interval(stratified, &numbers(&golden["stratified"]));
    let table =
        |table: &Json| rows(table).into_iter().map(|row| row.into_iter().map(Some).collect()).collect();
    let tables: Crossed = list(&golden["tables"]).iter().map(table).collect();
    let crossed = statistics::crossed(&tables, interquartile_mean, 50_000, rl_env::seed::Seed(1)).unwrap();
    assert_same_interval(crossed, &numbers(&golden["crossed"]));
}

fn golden_forest() -> Forest {
    let node = |node: &Json| {
        let at = |i: usize| node[i].as_f64().unwrap();
        match at(0) {
            feature if feature < 0.0 => Node::Leaf(at(4)),
            feature => Node::Split {
                feature: feature as usize,
                threshold: at(1),
                left: at(2) as usize,
                right: at(3) as usize,
            },
        }
    };
    let tree = |tree: &Json| Tree { nodes: list(tree).iter().map(node).collect() };
    Forest { trees: list(&GOLDEN["fanova"]["trees"]).iter().map(tree).collect() }
}

#[test]
fn fanova_of_the_same_trees_is_that_of_optuna() {
    let golden = &GOLDEN["fanova"];
    let space: Vec<(f64, f64)> = rows(&golden["space"]).iter().map(|ends| (ends[0], ends[1])).collect();
    let forest = golden_forest();
    let (mean, sd): (Vec<f64>, Vec<f64>) = statistics::fanova(&forest, &space).unwrap().into_iter().unzip();
    assert_all_close(&mean, &numbers(&golden["mean"]));
    assert_all_close(&sd, &numbers(&golden["sd"]));
    let predicted: Vec<f64> = rows(&golden["rows"]).iter().map(|row| forest.predict(row)).collect();
    assert_all_close(&predicted, &numbers(&golden["predicted"]));
    let flat = Forest { trees: vec![Tree { nodes: vec![Node::Leaf(1.0)] }] };
    assert_eq!(statistics::fanova(&flat, &space), None);
}

#[test]
fn fronts_are_compared_by_the_definitions() {
    let golden = &GOLDEN["fronts"];
    let igd = statistics::igd_plus(&rows(&golden["front"]), &rows(&golden["reference"])).unwrap();
    assert_close(igd, golden["igd_plus"].as_f64().unwrap());
    assert_eq!(statistics::igd_plus(&[], &[vec![1.0]]), None);
    let runs: Vec<Vec<(f64, f64)>> = serde_json::from_value(golden["runs"].clone()).unwrap();
    for surface in list(&golden["surfaces"]) {
        let corners: Vec<(f64, f64)> = serde_json::from_value(surface["corners"].clone()).unwrap();
        assert_eq!(statistics::attainment(&runs, surface["share"].as_f64().unwrap()), corners);
    }
    assert!(statistics::attainment(&[vec![], vec![]], 0.5).is_empty());
}

#[test]
fn a_forest_learns_which_feature_matters() {
    let rows: Vec<Vec<f64>> = (0..60).map(|i| vec![f64::from(i % 10), f64::from(i / 10)]).collect();
    let values: Vec<f64> = rows.iter().map(|row| row[0] * row[0]).collect();
    let forest = Forest::grow(&rows, &values, 16, rl_env::seed::Seed(3)).unwrap();
    assert!((forest.predict(&[7.0, 2.0]) - 49.0).abs() < 5.0);
    let shares = statistics::fanova(&forest, &[(0.0, 9.0), (0.0, 5.0)]).unwrap();
    assert!(shares[0].0 > 0.98 && shares[1].0 < 0.01, "{shares:?}");
    assert_eq!(forest, Forest::grow(&rows, &values, 16, rl_env::seed::Seed(3)).unwrap());
    assert_eq!(Forest::grow(&[], &[], 16, rl_env::seed::Seed(3)), None);
}

#[test]
fn ablation_takes_the_steepest_step_first() {
    let loss = |row: &[f64]| 10.0 - row[0] - 4.0 * row[1] + row[0] * row[2];
    let path = statistics::ablation(&[0.0, 0.0, 0.0, 5.0], &[1.0, 1.0, 1.0, 5.0], loss);
    let order: Vec<(usize, f64)> = path.iter().map(|step| (step.feature, step.loss)).collect();
    assert_eq!(order, [(1, 6.0), (0, 5.0), (2, 6.0)]);
    assert!(statistics::ablation(&[1.0], &[1.0], |row| row[0]).is_empty());
}

#[test]
fn expected_running_time_charges_the_failures() {
    use statistics::{Attempt, expected_running_time, reached_within};
    let attempts = [Attempt { reached: Some(10), spent: 100 }, Attempt { reached: None, spent: 100 }];
    assert_eq!(expected_running_time(&attempts), Some(110.0));
    assert_eq!(expected_running_time(&attempts[1..]), None);
    assert_eq!(reached_within(&attempts, &[9, 10, 100]), [0.0, 0.5, 0.5]);
    assert_eq!(reached_within(&[], &[1]), [0.0]);
}

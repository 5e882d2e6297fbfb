use super::*;
use crate::proxy::curve::{CurvePoint, MIXED};
use crate::proxy::evaluation::{PartScore, Speed, TargetScore};
use crate::proxy::figure;
use crate::proxy::score::Score;
use crate::proxy::split::Split;

fn scored(target: &str, rmse_percent: f64, ninety: f64) -> TargetScore {
    let score = Score {
        designs: 20,
        rmse: 1.0,
        rmse_percent,
        mape_percent: None,
        r2: Some(0.99),
        kendall_tau: Some(0.9),
        top_regret: [0.2, 0.1, 0.0],
    };
    TargetScore { target: target.into(), score, coverage: [0.5, 0.8, ninety, 0.95] }
}

fn part(name: &str, scale: f64, ninety: f64) -> PartScore {
    PartScore {
        part: name.into(),
        model: "extra-trees".into(),
        train_designs: 80,
        test_designs: 20,
        train_seconds: 0.5 * scale,
        feasibility_right: Some(0.75),
        scores: vec![scored("power_mw", 0.1 * scale, ninety), scored("area_<b>", 2.0 * scale, 0.9)],
    }
}

fn evaluation(split: Split) -> Evaluation {
    let points = ["genetic", "random-walker", MIXED].into_iter().zip([3.0, 2.0, 1.5]);
    let point = |(source, error): (&str, f64)| CurvePoint {
        source: source.into(),
        samples: 1000,
        designs: 900,
        target: "power_mw".into(),
        rmse_percent: error,
        kendall_tau: None,
        top10_regret: 0.0,
    };
    Evaluation {
        env: "Toy-v0".into(),
        workload: "a <script>".into(),
        space: "default".into(),
        model: "auto".into(),
        seed: 3,
        version: "0.0.0",
        rmse_percent_is: "",
        samples: 4000,
        designs: 100,
        feasible: 80,
        agents: vec!["genetic".into(), "random-walker".into()],
        split,
        parts: vec![part("fold 1", 1.0, 0.9), part("fold 2", 3.0, 0.4)],
        speed: Speed {
            model: "extra-trees".into(),
            single_us: 2.0,
            batch_per_s: 1.5e6,
            simulator_us: 3000.0,
            speedup: 1500.0,
        },
        curve: points.map(point).collect(),
    }
}

fn page(evaluation: &Evaluation) -> String {
    let figures = figure::draw(evaluation).unwrap();
    ProxyReport { evaluation, figures: &figures, command: "sweepstake proxy evaluate --out x" }.page()
}

#[test]
fn the_page_says_how_far_off_how_sure_and_how_fast() {
    let page = page(&evaluation(Split::Design));
    for part in [
        "<h1>A proxy of Toy-v0 on a &lt;script&gt;</h1>",
        "On designs never seen, <strong>extra-trees</strong> predicts power_mw to <strong>0.2000\u{a0}%</strong>",
        "from 0.1000\u{a0}% to 0.3000\u{a0}% (fold 2)",
        "predicted right for <strong>75.0\u{a0}%</strong>",
        "Intervals are too narrow on fold 2",
        "near neighbours",
        "From 1,000 samples, the error of power_mw is <strong>1.5\u{a0}%</strong> if they are of all agents, 2\u{a0}% if they \
         are of random-walker alone, 3\u{a0}% if of genetic.",
        "a simulation 1,500 times as long",
        "id=\"figure-errors\"",
        "id=\"figure-calibration\"",
        "id=\"figure-curve\"",
        "sweepstake proxy evaluate --out x",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("on a <script>") && !page.contains("area_<b>"), "names are escaped");
    assert!(!page.contains(">NaN") && !page.contains(">inf"));
}

#[test]
fn what_was_not_measured_is_not_said() {
    let mut bare = evaluation(Split::Workload);
    (bare.curve, bare.feasible) = (Vec::new(), bare.designs);
    bare.parts.truncate(1);
    bare.parts[0].feasibility_right = None;
    let page = page(&bare);
    assert!(page.contains("On a workload never seen"));
    for absent in
        ["How much data it needs", "predicted right", "near neighbours", "Mean of all parts", "mean of 1"]
    {
        assert!(!page.contains(absent), "{absent}");
    }
}

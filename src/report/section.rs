//! The sections of a report: one row each.

use super::grid::Cell::{Count, Interval, Number, Share, Shares, Words};
use super::grid::View;
use super::html::Html;
use super::words;
use crate::lottery::Findings;

/// A part of the page.
pub(super) struct Section {
    /// Anchor.
    pub(super) id: &'static str,
    /// Heading.
    pub(super) title: &'static str,
    /// What it is about, for somebody who reads it the first time.
    pub(super) intro: &'static str,
    /// What it concludes.
    pub(super) says: fn(&Findings) -> Vec<Html>,
    /// Names of its figures.
    pub(super) figures: &'static [&'static str],
    /// Its tables.
    pub(super) tables: &'static [View],
}

/// All sections in the order of the page. Those without a word, figure or table are left out.
pub(super) static SECTIONS: &[Section] = &[
    Section {
        id: "standings",
        title: "Who is ahead",
        intro: "Regret is normalised on each problem: 0 is the best design known, 1 a median random one. Agents are compared by \
                the interquartile mean over all runs and problems, with 95 % intervals from a bootstrap of tickets and \
                of seeds by problem.",
        says: words::standings,
        figures: &["anytime-regret"],
        tables: &[
            View {
                table: "standings",
                caption: "Regret after some number of simulator calls",
                overall: false,
                order: &[("simulator_calls", false), ("iqm_regret", true)],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Calls", Count("simulator_calls")),
                    ("Regret (IQM)", Number("iqm_regret")),
                    ("95 % interval", Interval("low_95", "high_95")),
                    ("Problems", Count("problems")),
                    ("Runs", Count("runs")),
                ],
            },
            View {
                table: "versus",
                caption: "Against the reference, defaults seed by seed",
                overall: false,
                order: &[("simulator_calls", false), ("probability_of_improvement", false)],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Reference", Words("reference")),
                    ("Calls", Count("simulator_calls")),
                    ("Reference ahead by", Number("iqm_difference")),
                    ("95 % interval", Interval("low_95", "high_95")),
                    ("P(reference better)", Share("probability_of_improvement")),
                    ("95 % interval of P", Shares("improvement_low_95", "improvement_high_95")),
                ],
            },
        ],
    },
    Section {
        id: "lottery",
        title: "Method or luck",
        intro: "A ticket is one draw of an agent's hyperparameters; ticket 0 is the default. If results spread widely over tickets, \
                a comparison of two agents with one ticket each says little about the methods.",
        says: words::lottery,
        figures: &["lottery", "variance-components"],
        tables: &[
            View {
                table: "chances",
                caption: "How likely a random ticket is good",
                overall: true,
                order: &[],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Good: regret at most", Number("within_regret")),
                    ("Tickets", Count("tickets")),
                    ("Good", Count("good")),
                    ("Share", Share("probability")),
                    ("95 % interval", Shares("low_95", "high_95")),
                    ("Tickets for 95 %", Count("tickets_for_95")),
                    ("Default is good", Words("default_is_good")),
                ],
            },
            View {
                table: "variance",
                caption: "Components of the variance of regret",
                overall: true,
                order: &[],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Component", Words("component")),
                    ("Share", Share("share")),
                    ("Variance", Number("variance")),
                    ("Degrees of freedom", Count("degrees_of_freedom")),
                ],
            },
        ],
    },
    Section {
        id: "tuning",
        title: "What tuning is worth",
        intro: "Tickets are chosen on some of the seeds and judged on the others, so that luck on the tuning seeds is not counted as \
                skill; and the simulator calls of tuning are charged.",
        says: words::tuning,
        figures: &["default-tuned", "tuning-curves", "tuning-cost"],
        tables: &[
            View {
                table: "tuned",
                caption: "Default against tuned, on seeds that tuning never saw",
                overall: true,
                order: &[],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Tickets", Count("tickets")),
                    ("Chosen", Count("chosen")),
                    ("Promised", Number("tuning_regret")),
                    ("Tuned", Number("test_regret")),
                    ("Default", Number("default_regret")),
                    ("Gain", Number("gain")),
                    ("95 % interval", Interval("gain_low_95", "gain_high_95")),
                ],
            },
            View {
                table: "sensitivity",
                caption: "How much an agent needs tuning for each problem",
                overall: false,
                order: &[],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Tuned for each (score)", Number("tuned_for_each")),
                    ("One ticket for all (score)", Number("tuned_for_all")),
                    ("Sensitivity Φ", Number("sensitivity")),
                    ("Best ticket", Count("best_ticket")),
                    ("Effective dimensions", Count("effective_dimensionality")),
                ],
            },
        ],
    },
    Section {
        id: "hyperparameters",
        title: "Which hyperparameters matter",
        intro: "PED-ANOVA asks what the best tenth of the tickets have in common; fANOVA how much of the variance a hyperparameter \
                explains alone; the ablation path changes the default into the best ticket, one step at a time, on the predictions \
                of a random forest.",
        says: words::hyperparameters,
        figures: &["importance"],
        tables: &[
            View {
                table: "importance",
                caption: "Importance over all problems",
                overall: true,
                order: &[],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Hyperparameter", Words("hyperparameter")),
                    ("PED-ANOVA", Share("ped_anova")),
                    ("fANOVA", Share("fanova")),
                    ("± over trees", Share("fanova_sd")),
                    ("Tickets", Count("tickets")),
                ],
            },
            View {
                table: "ablation",
                caption: "From the default to the best ticket",
                overall: true,
                order: &[],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Step", Count("step")),
                    ("Hyperparameter", Words("hyperparameter")),
                    ("From", Words("from")),
                    ("To", Words("to")),
                    ("Predicted regret", Number("predicted_regret")),
                ],
            },
        ],
    },
    Section {
        id: "tests",
        title: "How sure that is",
        intro: "Profiles show all runs instead of one number. Ranks treat every problem alike, whatever the size of the \
                differences.",
        says: words::tests,
        figures: &["performance-profile", "runtime-ecdf", "improvement", "critical-difference"],
        tables: &[
            View {
                table: "ranks",
                caption: "Mean ranks",
                overall: false,
                order: &[("mean_rank", true)],
                columns: &[
                    ("Agent", Words("agent")),
                    ("Mean rank", Number("mean_rank")),
                    ("First on", Count("firsts")),
                    ("Problems", Count("problems")),
                ],
            },
            View {
                table: "rank-tests",
                caption: "Wilcoxon signed-rank tests over problems, with Holm's correction",
                overall: false,
                order: &[],
                columns: &[
                    ("Agent", Words("a")),
                    ("Other agent", Words("b")),
                    ("p", Number("p")),
                    ("p, corrected", Number("p_holm")),
                    ("Different", Words("different")),
                    ("Method", Words("method")),
                ],
            },
        ],
    },
    Section {
        id: "problems",
        title: "Problem by problem",
        intro: "What is true over all problems need not hold on yours.",
        says: words::problems,
        figures: &["anytime", "final-reward"],
        tables: &[View {
            table: "summary",
            caption: "Every agent on every problem",
            overall: false,
            order: &[],
            columns: &[
                ("Agent", Words("agent")),
                ("Environment", Words("env")),
                ("Workload", Words("workload")),
                ("Objective", Words("objective")),
                ("Best score", Number("best_score")),
                ("Median score", Number("median_score")),
                ("Best known", Number("known_best")),
                ("Proven", Words("certain")),
                ("Regret (IQM)", Number("iqm_regret")),
                ("95 % interval", Interval("low_95", "high_95")),
                ("Solved", Share("solved")),
                ("Runs", Count("runs")),
                ("Infeasible", Count("infeasible_runs")),
            ],
        }],
    },
    Section {
        id: "fronts",
        title: "Fronts",
        intro: "Pareto objectives are judged by the hypervolume that the designs of a run dominate, and by IGD⁺, the distance to the best \
                front known.",
        says: words::nothing,
        figures: &["attainment"],
        tables: &[View {
            table: "pareto",
            caption: "Indicators of the fronts",
            overall: false,
            order: &[],
            columns: &[
                ("Agent", Words("agent")),
                ("Problem", Words("problem")),
                ("Runs", Count("runs")),
                ("Hypervolume (median)", Number("median_hypervolume")),
                ("Quartiles", Interval("q25_hypervolume", "q75_hypervolume")),
                ("IGD⁺ (median)", Number("median_igd_plus")),
                ("Of the best front", Number("reference_hypervolume")),
            ],
        }],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::FIGURES;

    #[test]
    fn every_figure_has_its_place_and_none_has_two() {
        let mut placed: Vec<&str> = SECTIONS.iter().flat_map(|section| section.figures).copied().collect();
        placed.sort_unstable();
        assert_eq!(placed, FIGURES.iter().map(|figure| figure.name).collect::<Vec<_>>());
    }
}

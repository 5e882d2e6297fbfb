//! `report.html` of a proxy: how far off its predictions are, how sure it is, what it finds and what it costs.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value as Json, json};

mod words;

use super::grid::Cell::{Count, Interval, Number, Share, Words};
use super::grid::View;
use super::html::{Html, tag, text};
use super::{code, document, drawing, header, navigation, part, save};
use crate::proxy::evaluated::Evaluation;
use crate::proxy::figure::Drawn;
use crate::terminal::count;

/// What the page is made from.
#[derive(Debug, Clone, Copy)]
pub struct ProxyReport<'a> {
    /// What the evaluation came to.
    pub evaluation: &'a Evaluation,
    /// Its figures.
    pub figures: &'a [Drawn],
    /// The command that made it.
    pub command: &'a str,
}

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    intro: &'static str,
    says: fn(&Evaluation) -> Vec<Html>,
    figure: &'static str,
    tables: &'static [View],
}

static SECTIONS: &[Section] = &[
    Section {
        id: "errors",
        title: "How far off it is",
        intro: "The root of the mean squared error over designs that were held out, in per cent of the mean of their true values. \
                Designs are split in their canonical form, so none was learnt in another spelling.",
        says: words::errors,
        figure: "errors",
        tables: &[
            View {
                table: "means",
                caption: "Mean of all parts",
                overall: false,
                order: &[],
                columns: &[
                    ("Metric", Words("metric")),
                    ("RMSE %", Number("rmse_percent")),
                    ("Lowest to highest", Interval("lowest", "highest")),
                    ("MAPE %", Number("mape_percent")),
                    ("R²", Number("r2")),
                ],
            },
            View {
                table: "errors",
                caption: "Part by part",
                overall: false,
                order: &[],
                columns: &[
                    ("Held out", Words("part")),
                    ("Metric", Words("metric")),
                    ("Model", Words("model")),
                    ("Learnt", Count("learnt")),
                    ("Judged", Count("judged")),
                    ("RMSE %", Number("rmse_percent")),
                    ("MAPE %", Number("mape_percent")),
                    ("R²", Number("r2")),
                ],
            },
        ],
    },
    Section {
        id: "sure",
        title: "How sure it is",
        intro: "A proxy gives intervals that are to hold 50, 80, 90 and 95 % of the true values, from designs that it kept aside \
                while it learnt.",
        says: words::calibration,
        figure: "calibration",
        tables: &[View {
            table: "coverage",
            caption: "True values inside the intervals",
            overall: false,
            order: &[],
            columns: &[
                ("Held out", Words("part")),
                ("Metric", Words("metric")),
                ("Of 50 %", Share("c50")),
                ("Of 80 %", Share("c80")),
                ("Of 90 %", Share("c90")),
                ("Of 95 %", Share("c95")),
            ],
        }],
    },
    Section {
        id: "finds",
        title: "What a search would find with it",
        intro: "Kendall's τ compares the order of designs. Top-k regret: how far the best of the k designs with the lowest \
                predictions is from the lowest of all; 0 is the lowest, 1 the median design.",
        says: words::finds,
        figure: "",
        tables: &[View {
            table: "finds",
            caption: "Order and regret",
            overall: false,
            order: &[],
            columns: &[
                ("Held out", Words("part")),
                ("Metric", Words("metric")),
                ("Kendall's τ", Number("kendall_tau")),
                ("Top-1 regret", Number("top1")),
                ("Top-10 regret", Number("top10")),
                ("Top-100 regret", Number("top100")),
            ],
        }],
    },
    Section {
        id: "data",
        title: "How much data it needs, and whose",
        intro: "All curves are judged on the same designs, which none of them learns from. Mixed samples are those of all agents \
                in equal shares, as far as they reach.",
        says: words::data,
        figure: "curve",
        tables: &[View {
            table: "curve",
            caption: "Error against samples",
            overall: false,
            order: &[],
            columns: &[
                ("Samples of", Words("source")),
                ("Samples", Count("samples")),
                ("Designs", Count("designs")),
                ("Metric", Words("target")),
                ("RMSE %", Number("rmse_percent")),
                ("Kendall's τ", Number("kendall_tau")),
                ("Top-10 regret", Number("top10_regret")),
            ],
        }],
    },
    Section {
        id: "speed",
        title: "What it costs",
        intro: "Times of the machine that ran the command, on one core but for learning.",
        says: words::speed,
        figure: "",
        tables: &[View {
            table: "speed",
            caption: "Times",
            overall: false,
            order: &[],
            columns: &[
                ("Model", Words("model")),
                ("Learning (s, longest)", Number("train_seconds")),
                ("Prediction alone (µs)", Number("single_us")),
                ("Predictions a second in batches", Count("batch_per_s")),
                ("Simulation (µs)", Number("simulator_us")),
                ("Simulation over prediction", Number("speedup")),
            ],
        }],
    },
];

impl ProxyReport<'_> {
    /// Writes the page into `dir`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, dir: &Path) -> Result<PathBuf> {
        save(dir, &self.page())
    }

    /// The page.
    pub fn page(&self) -> String {
        let Evaluation { env, workload, designs, feasible, samples, agents, version, seed, .. } =
            self.evaluation;
        let name = format!("A proxy of {env} on {workload}");
        let works = if feasible == designs { "all".to_owned() } else { count(*feasible as u64) };
        let facts = format!(
            "{} samples of {} · {} different designs, {works} of them feasible · seed {seed} · Sweepstake {version}",
            count(*samples as u64),
            agents.join(", "),
            count(*designs as u64),
        );
        let rows = rows(self.evaluation);
        let sections: Vec<(&Section, Html)> =
            SECTIONS.iter().filter_map(|section| Some((section, self.section(section, &rows)?))).collect();
        let links = sections.iter().map(|(section, _)| (section.id, section.title));
        let links = navigation(links.chain([("reproduce", "How to reproduce it")]));
        let head = header(&name, &facts, words::headline(self.evaluation), words::limits(self.evaluation));
        let again = tag(
            "section",
            &[("id", "reproduce")],
            [
                tag("h2", &[], [text("How to reproduce it")]),
                tag(
                    "p",
                    &[],
                    [text(
                        "The same data, seed and version give the same predictions on any machine; times differ.",
                    )],
                ),
                code(self.command),
            ],
        );
        let main = [head, links].into_iter().chain(sections.into_iter().map(|(_, html)| html)).chain([again]);
        document(&name, tag("main", &[], main))
    }

    fn section(&self, section: &Section, rows: &Json) -> Option<Html> {
        let drawn = self.figures.iter().filter(|drawn| drawn.name == section.figure);
        let figures = drawn.map(|drawn| drawing(drawn.name, &drawn.svg)).collect();
        let tables = section.tables.iter().filter_map(|view| view.html(rows)).collect();
        part((section.id, section.title, section.intro), (section.says)(self.evaluation), figures, tables)
    }
}

/// Rows of the tables, by table.
fn rows(evaluation: &Evaluation) -> Json {
    let scores = || {
        let parts = evaluation.parts.iter();
        parts.flat_map(|part| part.scores.iter().map(move |own| (part, own)))
    };
    let errors = scores().map(|(part, own)| {
        json!({
            "part": part.part, "model": part.model, "metric": own.target, "learnt": part.train_designs,
            "judged": own.score.designs, "rmse_percent": own.score.rmse_percent,
            "mape_percent": own.score.mape_percent, "r2": own.score.r2,
        })
    });
    let coverage = scores().map(|(part, own)| {
        let [c50, c80, c90, c95] = own.coverage;
        json!({"part": part.part, "metric": own.target, "c50": c50, "c80": c80, "c90": c90, "c95": c95})
    });
    let finds = scores().map(|(part, own)| {
        let [top1, top10, top100] = own.score.top_regret;
        json!({
            "part": part.part, "metric": own.target, "kendall_tau": own.score.kendall_tau,
            "top1": top1, "top10": top10, "top100": top100,
        })
    });
    let speed = &evaluation.speed;
    let learning = evaluation.parts.iter().map(|part| part.train_seconds).fold(0.0, f64::max);
    json!({
        "means": if evaluation.parts.len() > 1 { means(evaluation) } else { Vec::new() },
        "errors": errors.collect::<Vec<_>>(),
        "coverage": coverage.collect::<Vec<_>>(),
        "finds": finds.collect::<Vec<_>>(),
        "curve": evaluation.curve,
        "speed": [{
            "model": speed.model, "train_seconds": learning, "single_us": speed.single_us,
            "batch_per_s": speed.batch_per_s, "simulator_us": speed.simulator_us, "speedup": speed.speedup,
        }],
    })
}

fn means(evaluation: &Evaluation) -> Vec<Json> {
    let row = |target: &str| {
        let summary = words::Summary::of(evaluation, target)?;
        Some(json!({
            "metric": target, "rmse_percent": summary.mean, "lowest": summary.lowest, "highest": summary.highest,
            "mape_percent": summary.mape, "r2": summary.r2,
        }))
    };
    evaluation.targets().into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests;

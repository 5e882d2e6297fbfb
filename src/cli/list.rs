//! `sweepstake list`: the tables.

use anyhow::Result;
use serde_json::{Value as Json, json};
use sweepstake_envs::ENVS;

use crate::agents::AGENTS;
use crate::plot::FIGURES;
use crate::proxy::PROXIES;
use crate::terminal;

/// List environments, agents, workloads, objectives, figures and models of proxies.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sweepstake list\n  sweepstake list agents --json")]
pub(super) struct Args {
    /// Only this table.
    table: Option<Table>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Table {
    Envs,
    Agents,
    Workloads,
    Objectives,
    Figures,
    Proxies,
}

const TABLES: [Table; 6] =
    [Table::Envs, Table::Agents, Table::Workloads, Table::Objectives, Table::Figures, Table::Proxies];

impl Table {
    fn title(self) -> &'static str {
        match self {
            Self::Envs => "envs",
            Self::Agents => "agents",
            Self::Workloads => "workloads",
            Self::Objectives => "objectives",
            Self::Figures => "figures",
            Self::Proxies => "proxies",
        }
    }

    /// Rows of named cells; the first cell is the name.
    fn rows(self) -> Vec<Json> {
        match self {
            Self::Envs => ENVS.iter().map(|e| json!({"name": e.id, "summary": e.summary})).collect(),
            Self::Agents => AGENTS.iter().map(|a| json!({"name": a.name, "summary": a.summary})).collect(),
            Self::Figures => FIGURES.iter().map(|f| json!({"name": f.name, "summary": f.summary})).collect(),
            Self::Proxies => PROXIES.iter().map(|p| json!({"name": p.name, "summary": p.summary})).collect(),
            Self::Workloads => ENVS
                .iter()
                .flat_map(|e| {
                    e.workloads.iter().map(|w| json!({"name": w.name, "env": e.id, "summary": w.doc}))
                })
                .collect(),
            Self::Objectives => objectives(),
        }
    }
}

/// Each objective of each environment once, with the workloads that have it.
fn objectives() -> Vec<Json> {
    let mut rows: Vec<Json> = Vec::new();
    for env in ENVS {
        let mut seen: Vec<&str> = Vec::new();
        for workload in env.workloads {
            for (name, objective) in (env.objectives)(workload.name) {
                if !seen.contains(&name) {
                    seen.push(name);
                    rows.push(
                        json!({"name": name, "env": env.id, "metrics": objective.metrics().join(", ")}),
                    );
                }
            }
        }
    }
    rows
}

pub(super) fn list(args: &Args) -> Result<()> {
    let tables: Vec<Table> = args.table.map_or_else(|| TABLES.to_vec(), |table| vec![table]);
    if args.json {
        let all: serde_json::Map<String, Json> =
            tables.iter().map(|t| (t.title().to_owned(), Json::Array(t.rows()))).collect();
        return super::print_json(&all);
    }
    for (i, table) in tables.iter().enumerate() {
        let gap = if i > 0 { "\n" } else { "" };
        let cells = |row: &Json| -> Vec<String> {
            let values = row.as_object().into_iter().flat_map(|map| map.values());
            std::iter::once(String::new()).chain(values.filter_map(Json::as_str).map(str::to_owned)).collect()
        };
        let rows: Vec<Vec<String>> = table.rows().iter().map(cells).collect();
        terminal::print(&format!("{gap}{}\n{}", table.title(), terminal::table(&rows)));
    }
    if args.table.is_none() {
        terminal::line("\n`sweepstake describe NAME` tells more about an environment or agent.");
    }
    Ok(())
}

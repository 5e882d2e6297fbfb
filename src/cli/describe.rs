//! `sweepstake describe`: everything about one environment or agent.

use anyhow::Result;
use rl_env::Error;
use rl_env::design::{DesignSpace, Parameter};
use rl_env::registry::{AgentEntry, EnvEntry, Make};
use serde_json::{Value as Json, json};
use sweepstake_envs::ENVS;

use crate::agents::AGENTS;
use crate::terminal::{self, table};

/// Describe an environment (parameters, metrics, objectives, workloads) or an agent (hyperparameters).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake describe Landscape-v0\n  sweepstake describe Landscape-v0 --workload mixed\n  \
                  sweepstake describe genetic --json"
)]
pub(super) struct Args {
    /// Environment or agent.
    name: String,
    /// Workload of the environment whose space is shown; the default one otherwise.
    #[arg(long, default_value = "", hide_default_value = true)]
    workload: String,
    /// Named space of the environment; the default one otherwise.
    #[arg(long, default_value = "", hide_default_value = true)]
    space: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn describe(args: &Args) -> Result<()> {
    if let Some(agent) = AGENTS.iter().find(|agent| agent.name == args.name) {
        return describe_agent(agent, args.json);
    }
    let Some(env) = ENVS.iter().find(|env| env.id == args.name) else {
        let known = ENVS.iter().map(|e| e.id).chain(AGENTS.iter().map(|a| a.name));
        return Err(Error::unknown("environment or agent", &args.name, known).into());
    };
    describe_env(env, args)
}

fn describe_env(env: &EnvEntry, args: &Args) -> Result<()> {
    let selection = env.select(&args.workload, &args.space, None)?;
    let objectives = (env.objectives)(selection.workload);
    let mut json = json!({
        "name": env.id, "summary": env.summary, "reference": env.reference,
        "workload": selection.workload, "space": selection.space,
        "workloads": env.workloads, "workload_files": env.workload_files, "spaces": env.spaces,
        "objectives": objectives.iter().map(|(name, o)| json!({"name": name, "objective": o})).collect::<Vec<_>>(),
    });
    let mut text = format!("{}: {}\n{}\n", env.id, env.summary, env.reference);
    if let Make::Problem(_) = env.make {
        let problem = env.problem(&selection)?;
        let space = problem.space();
        let size = space.cardinality().map_or_else(|| "infinite".to_owned(), |n| n.to_string());
        json["size"] = size.clone().into();
        json["parameters"] = serde_json::to_value(space.parameters())?;
        json["constraints"] = serde_json::to_value(space.constraints())?;
        json["metrics"] = serde_json::to_value(problem.metrics())?;
        text.push_str(&format!(
            "\nparameters (workload {}, space {}, {size} designs)\n{}",
            selection.workload,
            selection.space,
            parameters(space)
        ));
        let constraint = |c: &rl_env::design::Constraint| vec![String::new(), c.name.clone(), c.doc.clone()];
        if !space.constraints().is_empty() {
            let rows: Vec<_> = space.constraints().iter().map(constraint).collect();
            text.push_str(&format!("\nconstraints\n{}", table(&rows)));
        }
        let metric = |m: &rl_env::problem::Metric| {
            vec![String::new(), m.name.to_string(), m.unit.to_string(), m.doc.to_string()]
        };
        text.push_str(&format!(
            "\nmetrics\n{}",
            table(&problem.metrics().iter().map(metric).collect::<Vec<_>>())
        ));
    } else {
        json["max_episode_steps"] = env.max_episode_steps.into();
        text.push_str("\nA sequential environment, for policies.\n");
    }
    let objective = |(name, o): &(&str, rl_env::objective::Objective)| {
        vec![String::new(), (*name).to_owned(), serde_json::to_string(o).unwrap_or_default()]
    };
    if !objectives.is_empty() {
        let rows: Vec<_> = objectives.iter().map(objective).collect();
        text.push_str(&format!("\nobjectives (the first is the default)\n{}", table(&rows)));
    }
    for (title, named) in [("workloads", env.workloads), ("spaces", env.spaces)] {
        let rows: Vec<_> =
            named.iter().map(|n| vec![String::new(), n.name.to_owned(), n.doc.to_owned()]).collect();
        text.push_str(&format!("\n{title} (the first is the default)\n{}", table(&rows)));
    }
    if let Some(formats) = env.workload_files {
        text.push_str(&format!("\n--workload also takes a file: {formats}\n"));
    }
    if args.json {
        return super::print_json(&json);
    }
    terminal::print(&text);
    Ok(())
}

fn parameters(space: &DesignSpace) -> String {
    let row = |p: &Parameter| {
        let when =
            p.condition.as_ref().map(|c| format!(" (when {} is {})", c.parameter, c.one_of.join(" or ")));
        vec![
            String::new(),
            p.name.clone(),
            p.kind.allowed(),
            p.unit.clone().unwrap_or_default(),
            format!("{}{}", p.doc, when.unwrap_or_default()),
        ]
    };
    table(&space.parameters().iter().map(row).collect::<Vec<_>>())
}

fn describe_agent(agent: &AgentEntry, as_json: bool) -> Result<()> {
    let (schema, defaults, sweep) = (agent.schema(), agent.defaults(), agent.sweep()?);
    if as_json {
        return super::print_json(&json!({
            "name": agent.name, "summary": agent.summary, "reference": agent.reference,
            "schema": schema, "defaults": defaults,
            "sweep": sweep.as_ref().map(DesignSpace::parameters),
        }));
    }
    let mut text = format!("{}: {}\n{}\n", agent.name, agent.summary, agent.reference);
    let row = |(name, default): (&String, &Json)| {
        let doc = schema.pointer(&format!("/properties/{name}/description")).and_then(Json::as_str);
        let swept = sweep.as_ref().and_then(|s| s.parameters().iter().find(|p| p.name == *name));
        vec![
            String::new(),
            name.clone(),
            default.as_str().map_or_else(|| default.to_string(), str::to_owned),
            swept.map(|p| p.kind.allowed()).unwrap_or_default(),
            doc.unwrap_or_default().lines().next().unwrap_or_default().to_owned(),
        ]
    };
    let mut rows = vec![["", "name", "default", "tickets draw", "meaning"].map(str::to_owned).to_vec()];
    rows.extend(defaults.as_object().into_iter().flatten().map(row));
    match rows.len() {
        1 => text.push_str("\nNothing to tune.\n"),
        _ => text.push_str(&format!("\nhyperparameters\n{}", table(&rows))),
    }
    terminal::print(&text);
    Ok(())
}

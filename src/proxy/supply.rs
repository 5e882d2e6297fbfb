//! Proxies given on the command line, put in the place of the problems that they stand for.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use rl_env::problem::Problem;

use super::file;
use super::proxied::Proxied;
use crate::cache::Addresses;
use crate::plan::Plan;
use crate::usage::Usage;

/// Lets every instance of a plan that a proxy stands for be answered by it.
///
/// Predictions must never pass for simulations: the workload of such runs is called `workload~id`, with the first
/// digits of the proxy's hash.
///
/// # Errors
/// If a proxy is of none of them or cannot be read, or an objective wants a metric that it does not predict.
pub fn supply(plan: &mut Plan, paths: &[PathBuf]) -> Result<()> {
    for path in paths {
        let about = file::about(path)?;
        let found = plan.instances.iter().position(|instance| instance.subject == about.subject);
        // Without a match, any serves: the message says what differs.
        let first = found.unwrap_or(0);
        let instance = &plan.instances[first];
        let proxy = Arc::new(file::read(path, &instance.problem, &instance.subject)?);
        let subject = instance.subject.clone();
        let name = format!("{}~{}", subject.workload, proxy.id);
        let proxied: Arc<dyn Problem> = Arc::new(Proxied::new(Arc::clone(&instance.problem), proxy));
        for (number, instance) in plan.instances.iter_mut().enumerate() {
            if instance.subject != subject {
                continue;
            }
            instance.problem = Arc::clone(&proxied);
            instance.addresses = Addresses::new(&instance.env, &name, proxied.as_ref());
            instance.subject.workload.clone_from(&name);
            for run in plan.runs.iter_mut().filter(|run| run.instance == number) {
                run.spec.workload.clone_from(&name);
                run.id = run.spec.id();
                run.spec.objective.bind(proxied.metrics()).map_err(|error| {
                    Usage::error(format!(
                        "objective {} cannot be judged by {}: {error}",
                        run.objective,
                        path.display()
                    ))
                })?;
            }
        }
    }
    Ok(())
}

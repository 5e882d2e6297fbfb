//! Tables given on the command line, handed to the problems that they are of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rl_env::problem::Problem;

use super::{Subject, Tabled, read};
use crate::plan::Instance;
use crate::usage::Usage;

/// Lets every instance that a table is of answer from it.
///
/// # Errors
/// If a table is of none of them, or two are of the same.
pub fn supply(instances: &mut [Instance], paths: &[PathBuf]) -> Result<()> {
    let mut supplied: Vec<Subject> = Vec::new();
    for path in paths {
        let table = read(path)?;
        let subject = table.about.subject.clone();
        if supplied.contains(&subject) {
            return Err(Usage::error(format!("{} is the second table of {subject}", path.display())));
        }
        let exact = instances.iter().position(|instance| instance.subject == subject);
        let Some(first) = exact.or_else(|| nearest(instances, &subject)) else { continue };
        let problem: Arc<dyn Problem> = Arc::clone(&instances[first].problem);
        let wanted = instances[first].subject.clone();
        let tabled = Tabled::new(problem, &wanted, table).with_context(|| cannot_use(path))?;
        let tabled: Arc<dyn Problem> = Arc::new(tabled);
        for instance in instances.iter_mut().filter(|instance| instance.subject == subject) {
            instance.problem = Arc::clone(&tabled);
        }
        supplied.push(subject);
    }
    Ok(())
}

/// The instance that a table was most likely meant for, so that the message can say what differs.
fn nearest(instances: &[Instance], subject: &Subject) -> Option<usize> {
    let alike = |instance: &Instance| {
        let other = &instance.subject;
        [other.env == subject.env, other.workload == subject.workload, other.space == subject.space]
            .map(u8::from)
            .iter()
            .sum::<u8>()
    };
    (0..instances.len()).rev().max_by_key(|i| alike(&instances[*i]))
}

fn cannot_use(path: &Path) -> String {
    format!("cannot use the table {}", path.display())
}

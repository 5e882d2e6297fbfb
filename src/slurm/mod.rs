//! Job scripts for Slurm: the shards of a sweep as an array, and their merge.

/// The script, with `{{…}}` where it depends on the sweep.
const TEMPLATE: &str = include_str!("job.sh");
/// Longest name of a job.
const LONGEST_NAME: usize = 40;

/// What a job script depends on.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// Title of the sweep.
    pub title: &'a str,
    /// Name of the job, of any characters.
    pub name: &'a str,
    /// Runs of the sweep.
    pub runs: usize,
    /// Array tasks.
    pub parts: usize,
    /// Threads of each.
    pub jobs: usize,
    /// The program.
    pub program: &'a str,
    /// The configuration.
    pub config: &'a str,
    /// Output directory of the merged sweep.
    pub out: &'a str,
    /// Complete tables to look outcomes up in.
    pub tables: Vec<String>,
}

/// The script of a job.
pub fn script(job: &Job<'_>) -> String {
    let tables: String = job.tables.iter().map(|table| format!(" --table {}", quoted(table))).collect();
    let title = if job.title.is_empty() { job.name } else { job.title };
    let values = [
        ("title", comment(title)),
        ("name", format!("sweepstake-{}", plain(job.name))),
        ("runs", job.runs.to_string()),
        ("parts", job.parts.to_string()),
        ("jobs", job.jobs.to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("program", quoted(job.program)),
        ("config", quoted(job.config)),
        ("out", quoted(job.out)),
        ("tables", tables),
    ];
    fill(TEMPLATE, &values)
}

/// Replaces every `{{key}}`, once: values may hold anything.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (key, rest) = part.split_once("}}").unwrap_or((part, ""));
        text.extend(values.iter().filter(|(known, _)| *known == key).map(|(_, value)| value.as_str()));
        text.push_str(rest);
    }
    text
}

/// An argument as a shell wants it.
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// On one line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Letters, digits and dashes: what every scheduler takes as a name.
fn plain(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    name.chars().take(LONGEST_NAME).map(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job<'static> {
        Job {
            title: "A study\nrm -rf /",
            name: "my study",
            runs: 40,
            parts: 3,
            jobs: 2,
            program: "/opt/it's {{out}}/sweepstake",
            config: "con figs/$HOME.yaml",
            out: "out/x",
            tables: vec!["a b.parquet".into()],
        }
    }

    #[test]
    fn every_place_is_filled_and_nothing_breaks_out_of_its_quotes() {
        let script = script(&job());
        for line in [
            "# A study rm -rf /: 40 runs in 3 parts. Each part is a task of a Slurm array; another job merges them.",
            "#SBATCH --job-name=sweepstake-my-study",
            "#SBATCH --array=1-3",
            "config='con figs/$HOME.yaml'",
            "out=out/x",
            "    --jobs \"${SLURM_CPUS_PER_TASK:-2}\" --table 'a b.parquet' &",
        ] {
            assert!(script.lines().any(|l| l == line), "{line}\n{script}");
        }
        assert!(script.contains(r"sweepstake=${SWEEPSTAKE:-'/opt/it'\''s {{out}}/sweepstake'}"), "{script}");
    }

    #[test]
    fn values_are_not_filled_again() {
        assert_eq!(fill("{{a}}-{{b}}-{{c}}", &[("a", "{{b}}".into()), ("b", "1".into())]), "{{b}}-1-");
    }
}

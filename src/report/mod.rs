//! `report.html`: what a study says, on one page that needs nothing else.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value as Json;

mod grid;
mod html;
mod proxy;
mod section;
mod words;

use html::{Html, join, tag, text};
pub use proxy::ProxyReport;
use section::{SECTIONS, Section};

use crate::lottery::Findings;
use crate::plot::Drawn;
use crate::store::Manifest;
use crate::terminal::count;

/// Name of the page.
pub const REPORT: &str = "report.html";
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was found.
    pub findings: &'a Findings,
    /// Figures, of which those that a section names are shown.
    pub figures: &'a [Drawn],
    /// What made the runs, one for each directory.
    pub manifests: &'a [Manifest],
    /// The command that made the report.
    pub command: &'a str,
}

impl Report<'_> {
    /// Writes the page into `dir`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, dir: &Path) -> Result<std::path::PathBuf> {
        save(dir, &self.page().context("cannot put the report together")?)
    }

    /// The page.
    ///
    /// # Errors
    /// Never, for findings of ours.
    pub fn page(&self) -> Result<String> {
        let rows = grid::readable(self.findings)?;
        let sections: Vec<(&Section, Html)> =
            SECTIONS.iter().filter_map(|section| Some((section, self.section(section, &rows)?))).collect();
        let links = sections.iter().map(|(section, _)| (section.id, section.title));
        let navigation = navigation(links.chain([("reproduce", "How to reproduce it")]));
        let name = self.name();
        let main = [self.head(&name), navigation]
            .into_iter()
            .chain(sections.into_iter().map(|(_, html)| html))
            .chain([self.reproduce()?]);
        let body = tag("main", &[], main);
        Ok(document(&name, body))
    }

    fn name(&self) -> String {
        if self.findings.study.name.is_empty() {
            "Study".to_owned()
        } else {
            self.findings.study.name.clone()
        }
    }

    fn head(&self, name: &str) -> Html {
        let study = &self.findings.study;
        let facts = format!(
            "{} agents · {} problems · {} runs · {} samples · judged after {} simulator calls",
            count(study.agents.len() as u64),
            count(study.problems.len() as u64),
            count(study.runs as u64),
            count(study.samples),
            count(study.calls)
        );
        let remarks: Vec<Html> = self.findings.remarks.iter().map(|remark| text(&remark.text)).collect();
        header(name, &facts, words::headline(self.findings), remarks)
    }

    /// A section with something to show.
    fn section(&self, section: &Section, rows: &Json) -> Option<Html> {
        let figures: Vec<Html> = section.figures.iter().filter_map(|name| self.figure(name)).collect();
        let tables: Vec<Html> = section.tables.iter().filter_map(|view| view.html(rows)).collect();
        part((section.id, section.title, section.intro), (section.says)(self.findings), figures, tables)
    }

    fn figure(&self, name: &str) -> Option<Html> {
        let drawn = self.figures.iter().find(|drawn| drawn.figure.name == name)?;
        Some(drawing(name, &drawn.svg))
    }

    fn reproduce(&self) -> Result<Html> {
        let said = |words: String| tag("p", &[], [text(words)]);
        let mut parts = vec![tag("h2", &[], [text("How to reproduce it")])];
        for manifest in self.manifests {
            let config = serde_saphyr::to_string(&manifest.config)?;
            let name = file_name(&manifest.config.name);
            let several = manifest.shard.count > 1;
            let shard = if several { format!(" --shard {}", manifest.shard) } else { String::new() };
            parts.push(said(format!(
                "Sweepstake {} made these {} (plan {}). With the configuration below as {name}, the same version \
                 writes the same bytes, on any machine:",
                manifest.version,
                counted(manifest.runs),
                manifest.plan
            )));
            parts.push(code(&format!("sweepstake sweep {name}{shard}")));
            let summary = tag("summary", &[], [text(format!("Configuration: {name}"))]);
            parts.push(tag("details", &[], [summary, code(&config)]));
        }
        parts.push(said("This page, its tables and its figures:".into()));
        parts.push(code(self.command));
        Ok(tag("section", &[("id", "reproduce")], parts))
    }
}

/// Writes a page into `dir`.
fn save(dir: &Path, page: &str) -> Result<std::path::PathBuf> {
    let path = dir.join(REPORT);
    std::fs::create_dir_all(dir)
        .and_then(|()| std::fs::write(&path, page))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The top of a page: what it is about, what it concludes and what limits that.
fn header(name: &str, facts: &str, points: Vec<Html>, remarks: Vec<Html>) -> Html {
    let items = |items: Vec<Html>| items.into_iter().map(|item| tag("li", &[], [item]));
    let limits = match remarks.len() {
        0 => Html::default(),
        _ => {
            let title = tag("h2", &[], [text("What to know before believing it")]);
            tag("aside", &[("class", "remarks")], [title, tag("ul", &[], items(remarks))])
        }
    };
    let title = tag("h1", &[], [text(name)]);
    let facts = tag("p", &[("class", "facts")], [text(facts)]);
    tag("header", &[], [title, facts, tag("ul", &[("class", "headline")], items(points)), limits])
}

/// A section of a page (anchor, title and introduction; conclusions, figures, tables); `None` if there is nothing to show.
fn part(
    (id, title, intro): (&str, &str, &str),
    says: Vec<Html>,
    figures: Vec<Html>,
    tables: Vec<Html>,
) -> Option<Html> {
    if figures.is_empty() && tables.is_empty() && says.is_empty() {
        return None;
    }
    let says = says.into_iter().map(|sentence| tag("li", &[], [sentence]));
    let mut parts = vec![
        tag("h2", &[], [text(title)]),
        tag("p", &[("class", "intro")], [text(intro)]),
        tag("ul", &[("class", "says")], says),
    ];
    parts.extend(figures);
    parts.extend(tables);
    Some(tag("section", &[("id", id)], parts))
}

/// A figure of ours.
fn drawing(name: &str, svg: &str) -> Html {
    let attributes = [("id", &*format!("figure-{name}")), ("tabindex", "0")];
    tag("figure", &attributes, [Html::ours(svg)])
}

fn code(content: &str) -> Html {
    tag("pre", &[("tabindex", "0")], [tag("code", &[], [text(content)])])
}

fn counted(runs: usize) -> String {
    format!("{} run{}", count(runs as u64), if runs == 1 { "" } else { "s" })
}

/// A file name of the title's letters.
fn file_name(title: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = title.chars().take(40).map(fits).collect();
    let name = name.trim_matches('-');
    format!("{}.yaml", if name.is_empty() { "study" } else { name })
}

fn navigation<'a>(links: impl Iterator<Item = (&'a str, &'a str)>) -> Html {
    let link = |(id, title): (&str, &str)| tag("a", &[("href", &format!("#{id}"))], [text(title)]);
    tag("nav", &[("aria-label", "Sections")], links.map(link))
}

fn document(title: &str, body: Html) -> String {
    let head = join([
        Html::ours(
            "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        ),
        Html::ours("<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"data:,\">"),
        tag("title", &[], [text(title)]),
        Html::ours(format!("<style>{STYLE}</style>")),
    ]);
    let script = Html::ours(format!("<script>{SCRIPT}</script>"));
    let page = tag("html", &[("lang", "en")], [tag("head", &[], [head]), tag("body", &[], [body, script])]);
    format!("<!doctype html>\n{}\n", page.into_string())
}

//! Agents ranked over problems: the data of a critical-difference diagram.

use super::assembly::Material;
use super::board::Board;
use super::findings::{CliqueRow, Findings, FriedmanFact, RankRow, RankTestRow, Remark};
use crate::statistics::{Wilcoxon, cliques, friedman, holm, ranks, wilcoxon};

/// Level of the tests.
const LEVEL: f64 = 0.05;

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    let agents = &material.agents;
    // Mean regrets of all agents, on the problems that all have runs on.
    let complete = material.board.rows.iter().filter_map(|row| {
        agents.iter().map(|agent| Board::mean_regret(row, agent)).collect::<Option<Vec<f64>>>()
    });
    let blocks: Vec<Vec<f64>> = complete.collect();
    if agents.len() < 2 || blocks.len() < 2 {
        let text = format!(
            "ranks need two agents with runs on the same two problems; there are {} agents, and {} problems that all have",
            agents.len(),
            blocks.len()
        );
        found.remarks.push(Remark { about: "ranks".to_owned(), text });
        return;
    }
    let ranked: Vec<Vec<f64>> = blocks.iter().map(|block| ranks(block).0).collect();
    let mean_rank = |agent: usize| ranked.iter().map(|r| r[agent]).sum::<f64>() / ranked.len() as f64;
    let means: Vec<f64> = (0..agents.len()).map(mean_rank).collect();
    let mut order: Vec<usize> = (0..agents.len()).collect();
    order.sort_by(|a, b| means[*a].total_cmp(&means[*b]));
    let least = |block: &Vec<f64>| block.iter().copied().fold(f64::INFINITY, f64::min);
    found.ranks.extend(order.iter().map(|agent| RankRow {
        agent: agents[*agent].to_owned(),
        mean_rank: means[*agent],
        firsts: blocks.iter().filter(|block| block[*agent] == least(block)).count(),
        problems: blocks.len(),
    }));
    found.study.friedman = friedman(&blocks).map(|test| FriedmanFact {
        agents: agents.len(),
        problems: blocks.len(),
        statistic: test.statistic,
        p: test.p,
    });
    pairs(agents, &blocks, &order, &means, found);
}

fn pairs(agents: &[&str], blocks: &[Vec<f64>], order: &[usize], means: &[f64], found: &mut Findings) {
    let count = order.len();
    let all: Vec<(usize, usize)> = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).collect();
    let test = |(a, b): &(usize, usize)| {
        let differences: Vec<f64> = blocks.iter().map(|block| block[order[*a]] - block[order[*b]]).collect();
        wilcoxon(&differences)
    };
    let tests: Vec<Wilcoxon> = all.iter().map(test).collect();
    let corrected = holm(&tests.iter().map(|test| test.p).collect::<Vec<_>>());
    for ((pair, test), p_holm) in all.iter().zip(&tests).zip(&corrected) {
        found.rank_tests.push(RankTestRow {
            a: agents[order[pair.0]].to_owned(),
            b: agents[order[pair.1]].to_owned(),
            statistic: test.statistic,
            p: test.p,
            p_holm: *p_holm,
            method: test.method.name().to_owned(),
            different: *p_holm <= LEVEL,
        });
    }
    let alike = |a: usize, b: usize| {
        let pair = (a.min(b), a.max(b));
        all.iter().position(|known| *known == pair).is_some_and(|at| corrected[at] > LEVEL)
    };
    for (group, members) in cliques(count, alike).into_iter().enumerate() {
        found.cliques.extend(members.into_iter().map(|place| CliqueRow {
            group: group + 1,
            agent: agents[order[place]].to_owned(),
            mean_rank: means[order[place]],
        }));
    }
    // With n problems no two-sided probability is below 2 / 2ⁿ.
    let least = libm::pow(2.0, 1.0 - blocks.len() as f64) * all.len() as f64;
    if least > LEVEL {
        let text = format!(
            "{} problems are too few for any pair of {count} agents to differ at the level {LEVEL}, whatever the results",
            blocks.len()
        );
        found.remarks.push(Remark { about: "rank-tests".to_owned(), text });
    }
}

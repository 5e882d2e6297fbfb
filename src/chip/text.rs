//! A chip as a tree of text.

use sweepstake_simulators::soc::Block;

use super::Chip;

/// Interconnects with what hangs on them, each with its figures and its tasks or data.
pub fn text(chip: &Chip<'_>) -> String {
    let mut text = String::new();
    for (bus, depth) in chip.buses() {
        let margin = "   ".repeat(depth);
        let knot = if depth == 0 { "" } else { "└─ " };
        let start = margin.strip_suffix("   ").unwrap_or(&margin);
        text.push_str(&format!("{start}{knot}{}\n", chip.block(bus).label(chip.workload)));
        let hung = [chip.hung(bus, Block::is_pe), chip.hung(bus, Block::is_memory)].concat();
        let deeper = chip
            .buses()
            .iter()
            .skip_while(|(other, _)| *other != bus)
            .nth(1)
            .is_some_and(|(_, d)| *d > depth);
        for (place, block) in hung.iter().enumerate() {
            let branch = if place + 1 == hung.len() && !deeper { "└─" } else { "├─" };
            let names = match chip.block(*block).is_memory() {
                true => format!("results of {}", listed(&chip.writers_to(*block))),
                false => listed(&chip.tasks_on(*block)),
            };
            let label = chip.block(*block).label(chip.workload);
            let figures = chip.figures(*block).join(", ");
            text.push_str(&format!("{margin}{branch} {label} ({figures}): {names}\n"));
        }
    }
    text
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

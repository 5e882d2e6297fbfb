//! Schedulers: which request of a bank comes next. None of them has an age limit or a write-drain mode.

use super::bank::Bank;
use crate::dram::config::Scheduler;
use crate::dram::workload::Request;

/// The request of the bank to serve next.
pub(super) fn choose(
    scheduler: Scheduler,
    bank: &Bank,
    last_was_write: bool,
    requests: &[Request],
) -> Option<u32> {
    let oldest = bank.queue.first().copied()?;
    let Some(open) = bank.open else { return Some(oldest) };
    let hit = match scheduler {
        Scheduler::Fifo => None,
        Scheduler::FrFcfs => hits(bank, open, requests).next(),
        Scheduler::FrFcfsGrp => grouped(bank, open, last_was_write, requests),
    };
    Some(hit.unwrap_or(oldest))
}

/// Requests to the open row by age.
fn hits<'a>(bank: &'a Bank, open: u32, requests: &'a [Request]) -> impl Iterator<Item = u32> + 'a {
    bank.queue.iter().copied().filter(move |index| requests[*index as usize].row == open)
}

/// The oldest hit in the direction of the last access that has no older hit to the same address (which it
/// must not overtake), else the oldest hit.
fn grouped(bank: &Bank, open: u32, last_was_write: bool, requests: &[Request]) -> Option<u32> {
    let column = |index: u32| requests[index as usize].column;
    let no_hazard = |index: &u32| {
        !hits(bank, open, requests)
            .take_while(|older| older != index)
            .any(|older| column(older) == column(*index))
    };
    hits(bank, open, requests)
        .filter(|index| requests[*index as usize].write == last_was_write)
        .find(no_hazard)
        .or_else(|| hits(bank, open, requests).next())
}

/// Whether a request besides the current one will hit the open row.
pub(super) fn has_further_hit(scheduler: Scheduler, bank: &Bank, requests: &[Request]) -> bool {
    let Some(open) = bank.open else { return false };
    match scheduler {
        Scheduler::Fifo => bank.queue.get(1).is_some_and(|index| requests[*index as usize].row == open),
        Scheduler::FrFcfs | Scheduler::FrFcfsGrp => hits(bank, open, requests).nth(1).is_some(),
    }
}

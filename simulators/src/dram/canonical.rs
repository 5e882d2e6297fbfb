//! Designs that cannot differ: map a configuration to a representative with the same result.

use super::config::{
    Arbiter, Config, Controller, PagePolicy, RefreshPolicy, RespQueue, Scheduler, SchedulerBuffer,
};
use super::workload::Workload;

/// A configuration with the same report on `workload`, the same for many equivalent ones.
///
/// Parameters that cannot matter get a fixed value, inside the ranges of ArchGym's space:
/// * `max_active_transactions` under the simple arbiter;
/// * the refresh limits without refresh;
/// * the preferred direction and the split buffer when all requests go one way;
/// * buffer places beyond the transactions in flight, and transactions beyond the requests;
/// * the scheduler, and the look-ahead of the adaptive page policies, when a bank holds one request;
/// * the order of responses when it cannot differ.
#[must_use]
pub fn canonical(config: &Config, workload: &Workload) -> Config {
    let mut design = config.controller;
    limit_flight(&mut design, workload.len());
    if design.refresh_policy == RefreshPolicy::None {
        (design.refresh_max_postponed, design.refresh_max_pulledin) = (1, 1);
    }
    if workload.reads() == 0 || workload.reads() == workload.len() {
        ignore_direction(&mut design);
    }
    let in_order = holds_one(&design);
    // Several channels answer out of order even if each is in order.
    let one_channel = config.system.channels == 1;
    if one_channel
        && design.arbiter == Arbiter::Reorder
        && (in_order || design.resp_queue == RespQueue::Reorder)
    {
        design.arbiter = Arbiter::Fifo;
    }
    if in_order {
        design.scheduler_buffer = SchedulerBuffer::Shared;
        design.resp_queue = RespQueue::Fifo;
    }
    if design.request_buffer_size == 1 {
        ignore_look_ahead(&mut design);
    }
    Config { system: config.system.clone(), controller: design }
}

/// No more transactions than requests, no more buffer places than transactions.
fn limit_flight(design: &mut Controller, requests: usize) {
    let requests = u32::try_from(requests).unwrap_or(u32::MAX);
    if design.arbiter == Arbiter::Simple {
        design.max_active_transactions = 1;
    } else {
        design.max_active_transactions = design.max_active_transactions.min(requests);
        design.request_buffer_size = design.request_buffer_size.min(design.max_active_transactions);
    }
    design.request_buffer_size = design.request_buffer_size.min(requests);
}

fn ignore_direction(design: &mut Controller) {
    if design.scheduler == Scheduler::FrFcfsGrp {
        design.scheduler = Scheduler::FrFcfs;
    }
    if design.scheduler_buffer == SchedulerBuffer::ReadWrite {
        design.scheduler_buffer = SchedulerBuffer::Shared;
    }
}

/// Whether at most one request is in the buffer at a time, so that requests are served in order.
fn holds_one(design: &Controller) -> bool {
    let flight = design.arbiter != Arbiter::Simple && design.max_active_transactions == 1;
    flight || design.request_buffer_size == 1 && design.scheduler_buffer != SchedulerBuffer::Bankwise
}

/// With one request a bank there is nothing to choose from and nothing to look ahead to.
fn ignore_look_ahead(design: &mut Controller) {
    design.scheduler = Scheduler::Fifo;
    design.page_policy = match design.page_policy {
        PagePolicy::OpenAdaptive => PagePolicy::Open,
        PagePolicy::ClosedAdaptive => PagePolicy::Closed,
        other => other,
    };
}

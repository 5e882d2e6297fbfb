//! Arbiters between the requester and the channels.

use std::collections::{BTreeSet, VecDeque};

use super::{Message, Reply};
use crate::dram::config::{Arbiter as Kind, Controller as Policies};
use crate::dram::controller::Controller;
use crate::dram::event::{Inbox, Kernel, Source};
use crate::dram::workload::Request;

/// State towards one channel.
#[derive(Debug, Clone, Default)]
struct Channel {
    busy: bool,
    pending: VecDeque<u32>,
    last_end_request: Option<u64>,
}

/// The arbiter.
#[derive(Debug)]
pub(super) struct Arbiter {
    pub(super) inbox: Inbox<Message>,
    kind: Kind,
    max_active: u32,
    active: u32,
    /// A request not acknowledged because too many are active.
    held: Option<u32>,
    channels: Vec<Channel>,
    responding: bool,
    last_end_response: Option<u64>,
    /// Responses waiting for the requester, by arrival (simple, fifo) or by request (reorder).
    waiting: VecDeque<u32>,
    waiting_by_request: BTreeSet<u32>,
    next_response: u32,
}

/// What a run of the arbiter may touch.
struct Surroundings<'a> {
    kernel: &'a mut Kernel,
    controllers: &'a mut [Controller],
    player: &'a mut Inbox<Reply>,
    requests: &'a [Request],
    clock_period: u64,
}

impl Surroundings<'_> {
    fn channel_of(&self, request: u32) -> usize {
        usize::from(self.requests[request as usize].channel)
    }

    /// Hand a request to its controller, on the next clock edge or one later.
    fn begin_request(&mut self, request: u32, delayed: bool) {
        let (now, channel) = (self.kernel.now(), self.channel_of(request));
        let edge = if delayed { now + self.clock_period } else { now };
        let delay = edge.next_multiple_of(self.clock_period) - now;
        self.controllers[channel].begin_request(request, delay, self.kernel);
    }

    fn reply(&mut self, delayed: bool, reply: Reply) {
        self.player.send(self.kernel, if delayed { self.clock_period } else { 0 }, reply);
    }
}

impl Arbiter {
    pub(super) fn new(source: Source, policies: &Policies, channels: usize) -> Arbiter {
        Arbiter {
            inbox: Inbox::new(source),
            kind: policies.arbiter,
            max_active: policies.max_active_transactions,
            active: 0,
            held: None,
            channels: vec![Channel::default(); channels],
            responding: false,
            last_end_response: None,
            waiting: VecDeque::new(),
            waiting_by_request: BTreeSet::new(),
            next_response: 0,
        }
    }

    pub(super) fn run(
        &mut self,
        kernel: &mut Kernel,
        controllers: &mut [Controller],
        player: &mut Inbox<Reply>,
        requests: &[Request],
        clock_period: u64,
    ) {
        let mut around = Surroundings { kernel, controllers, player, requests, clock_period };
        while let Some(message) = self.inbox.next(around.kernel) {
            match message {
                Message::BeginRequest(request) => self.begin_request(request, &mut around),
                Message::EndRequest(request) => self.end_request(request, &mut around),
                Message::BeginResponse(request) => self.begin_response(request, &mut around),
                Message::EndResponse(request) => self.end_response(request, &mut around),
            }
        }
        self.inbox.rearm(around.kernel);
    }

    fn begin_request(&mut self, request: u32, around: &mut Surroundings<'_>) {
        if self.kind == Kind::Simple {
            let channel = &mut self.channels[around.channel_of(request)];
            if channel.busy {
                channel.pending.push_back(request);
            } else {
                channel.busy = true;
                around.begin_request(request, false);
            }
        } else if self.active < self.max_active {
            self.active += 1;
            self.accept(request, around);
        } else {
            self.held = Some(request);
        }
    }

    /// Acknowledge a request and pass it on.
    fn accept(&mut self, request: u32, around: &mut Surroundings<'_>) {
        around.reply(false, Reply::EndRequest);
        self.pass_request(request, around);
    }

    fn pass_request(&mut self, request: u32, around: &mut Surroundings<'_>) {
        let channel = &mut self.channels[around.channel_of(request)];
        if channel.busy {
            channel.pending.push_back(request);
        } else {
            channel.busy = true;
            let delayed = channel.last_end_request == Some(around.kernel.now());
            around.begin_request(request, delayed);
        }
    }

    fn end_request(&mut self, request: u32, around: &mut Surroundings<'_>) {
        if self.kind == Kind::Simple {
            around.reply(false, Reply::EndRequest);
        }
        let channel = &mut self.channels[around.channel_of(request)];
        channel.last_end_request = Some(around.kernel.now());
        match channel.pending.pop_front() {
            Some(next) => around.begin_request(next, true),
            None => channel.busy = false,
        }
    }

    fn begin_response(&mut self, request: u32, around: &mut Surroundings<'_>) {
        if self.kind == Kind::Simple {
            if self.responding {
                self.waiting.push_back(request);
            } else {
                self.responding = true;
                around.reply(false, Reply::BeginResponse(request));
            }
        } else {
            let channel = around.channel_of(request);
            around.controllers[channel].end_response(around.kernel);
            self.pass_response(request, around);
        }
    }

    fn pass_response(&mut self, request: u32, around: &mut Surroundings<'_>) {
        if self.kind == Kind::Reorder {
            self.waiting_by_request.insert(request);
        } else {
            self.waiting.push_back(request);
        }
        if !self.responding {
            let delayed = self.last_end_response == Some(around.kernel.now());
            self.respond(delayed, around);
        }
    }

    /// Send the next waiting response, if there is one in turn.
    fn respond(&mut self, delayed: bool, around: &mut Surroundings<'_>) {
        let next = if self.kind == Kind::Reorder {
            self.waiting_by_request.first().copied().filter(|request| *request == self.next_response)
        } else {
            self.waiting.pop_front()
        };
        self.responding = next.is_some();
        if let Some(request) = next {
            self.waiting_by_request.remove(&request);
            self.next_response += 1;
            around.reply(delayed, Reply::BeginResponse(request));
        }
    }

    fn end_response(&mut self, request: u32, around: &mut Surroundings<'_>) {
        if self.kind == Kind::Simple {
            let channel = around.channel_of(request);
            around.controllers[channel].end_response(around.kernel);
        } else {
            self.last_end_response = Some(around.kernel.now());
            match self.held.take() {
                Some(held) => self.accept(held, around),
                None => self.active -= 1,
            }
        }
        self.respond(true, around);
    }
}

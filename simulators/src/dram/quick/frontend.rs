//! Requester and arbiter of the quick path: the same messages in the same rounds as in the general one.

use super::Run;
use super::banks::NEVER;
use super::wakes::{ARBITER, Note, PLAYER};
use crate::dram::config::{Arbiter as Kind, Controller as Policies};

/// Requester and arbiter.
#[derive(Debug)]
pub(super) struct Frontend {
    total: usize,
    /// Requests sent.
    next: usize,
    sent: Vec<u64>,
    pub(super) latencies: Vec<u32>,
    pub(super) kind: Kind,
    pub(super) max_active: u32,
    pub(super) active: u32,
    /// Requests that reached the arbiter, were accepted by it, and passed on to the controller.
    pub(super) arrived: u32,
    pub(super) accepted: u32,
    pub(super) passed: u32,
    pub(super) held: bool,
    pub(super) busy: bool,
    pub(super) last_end_request: u64,
    pub(super) responding: bool,
    pub(super) last_end_response: u64,
    /// Responses waiting under simple and fifo, in order of arrival, from `waiting_head`.
    waiting: Vec<u32>,
    waiting_head: usize,
    /// Responses that have arrived under reorder, and the next in turn.
    here: Vec<bool>,
    next_response: usize,
    /// Timed mail to the arbiter: earliest first, at most a request and a response.
    later: [(u64, Note); 2],
    pub(super) later_count: usize,
    /// Timed response to the requester.
    reply_at: u64,
    reply: u32,
}

impl Default for Frontend {
    fn default() -> Frontend {
        Frontend {
            total: 0,
            next: 0,
            sent: Vec::new(),
            latencies: Vec::new(),
            kind: Kind::Simple,
            max_active: 0,
            active: 0,
            arrived: 0,
            accepted: 0,
            passed: 0,
            held: false,
            busy: false,
            last_end_request: NEVER,
            responding: false,
            last_end_response: NEVER,
            waiting: Vec::new(),
            waiting_head: 0,
            here: Vec::new(),
            next_response: 0,
            later: [(NEVER, Note::Wake); 2],
            later_count: 0,
            reply_at: NEVER,
            reply: 0,
        }
    }
}

impl Frontend {
    pub(super) fn reset(&mut self, policies: &Policies, requests: usize) {
        let (mut sent, mut latencies) = (std::mem::take(&mut self.sent), std::mem::take(&mut self.latencies));
        let (mut waiting, mut here) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.here));
        sent.clear();
        latencies.clear();
        waiting.clear();
        here.clear();
        sent.reserve(requests);
        latencies.reserve(requests);
        waiting.reserve(requests);
        if policies.arbiter == Kind::Reorder {
            here.resize(requests + 1, false);
        }
        let (kind, max_active) = (policies.arbiter, policies.max_active_transactions);
        *self = Frontend {
            total: requests,
            sent,
            latencies,
            waiting,
            here,
            kind,
            max_active,
            ..Frontend::default()
        };
    }

    pub(super) fn is_done(&self) -> bool {
        self.latencies.len() == self.total
    }

    /// The waiting response whose turn it is.
    #[inline]
    pub(super) fn take_waiting(&mut self) -> Option<u32> {
        if self.kind == Kind::Reorder {
            let next = self.next_response;
            let here = self.here.get(next).copied().unwrap_or(false);
            self.next_response += usize::from(here);
            return here.then_some(next as u32);
        }
        let next = self.waiting.get(self.waiting_head).copied();
        self.waiting_head += usize::from(next.is_some());
        next
    }

    #[inline]
    pub(super) fn keep_response(&mut self, request: u32) {
        if self.kind == Kind::Reorder {
            self.here[request as usize] = true;
        } else {
            self.waiting.push(request);
        }
    }
}

impl<const PAGE: u8, const SCHEDULER: u8> Run<'_, PAGE, SCHEDULER> {
    #[inline]
    fn mail_arbiter_at(&mut self, note: Note, at: u64) {
        if at <= self.state.wakes.now {
            return self.state.wakes.soon(ARBITER, note);
        }
        let frontend = &mut self.state.frontend;
        let place = usize::from(frontend.later_count == 1 && frontend.later[0].0 <= at);
        if place == 0 {
            frontend.later[1] = frontend.later[0];
        }
        frontend.later[place] = (at, note);
        frontend.later_count += 1;
        self.state.wakes.at(ARBITER, at);
    }

    #[inline]
    pub(super) fn send_end_request(&mut self) {
        self.state.wakes.soon(ARBITER, Note::EndRequest);
    }

    #[inline]
    pub(super) fn send_response(&mut self, request: u32, at: u64) {
        self.mail_arbiter_at(Note::BeginResponse(request), at);
    }

    /// The requester sends its next request.
    #[inline]
    pub(super) fn send_next(&mut self) {
        let frontend = &mut self.state.frontend;
        let Some(request) = self.requests.get(frontend.next) else { return };
        let earliest = if frontend.next == 0 { 0 } else { self.state.wakes.now + 1 };
        let at = earliest.max(request.cycle);
        frontend.sent.push(at);
        frontend.next += 1;
        self.mail_arbiter_at(Note::BeginRequest, at);
    }

    /// Send a response to the requester, now or one cycle later.
    #[inline]
    fn reply(&mut self, delayed: bool, request: u32) {
        if delayed {
            let at = self.state.wakes.now + 1;
            (self.state.frontend.reply_at, self.state.frontend.reply) = (at, request);
            self.state.wakes.at(PLAYER, at);
        } else {
            self.state.wakes.soon(PLAYER, Note::BeginResponse(request));
        }
    }

    /// A note to the requester.
    #[inline]
    pub(super) fn tell_player(&mut self, note: Note) {
        match note {
            Note::EndRequest => self.send_next(),
            Note::BeginResponse(request) => self.take_response(request),
            _ => {}
        }
    }

    /// The requester's run ends: timed replies due, then the timer for the next.
    #[inline]
    pub(super) fn end_player(&mut self) {
        if self.state.frontend.reply_at <= self.state.wakes.now {
            self.state.frontend.reply_at = NEVER;
            self.take_response(self.state.frontend.reply);
        }
        if self.state.frontend.reply_at != NEVER {
            self.state.wakes.at(PLAYER, self.state.frontend.reply_at);
        }
    }

    #[inline]
    fn take_response(&mut self, request: u32) {
        self.note_latency(request);
        self.state.wakes.soon(ARBITER, Note::EndResponse);
    }

    #[inline]
    pub(super) fn note_latency(&mut self, request: u32) {
        let frontend = &mut self.state.frontend;
        let latency = self.state.wakes.now - frontend.sent[request as usize];
        frontend.latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
    }

    /// A message to the arbiter has come and gone: its timer is armed anew.
    #[inline]
    pub(super) fn rearm_arbiter(&mut self) {
        if self.state.frontend.later_count > 0 {
            self.state.wakes.again(ARBITER, self.state.frontend.later[0].0);
        }
    }

    /// The request that arrives now, if nothing else does.
    #[inline]
    pub(super) fn take_lone_request(&mut self) -> bool {
        let frontend = &mut self.state.frontend;
        let lone = frontend.later_count == 1 && frontend.later[0].1 == Note::BeginRequest;
        frontend.later_count -= usize::from(lone);
        lone
    }

    /// The arbiter's run ends: timed messages due, then the timer for the next.
    #[inline]
    pub(super) fn end_arbiter(&mut self) {
        while self.state.frontend.later_count > 0 {
            let (at, note) = self.state.frontend.later[0];
            if at > self.state.wakes.now {
                self.state.wakes.at(ARBITER, at);
                return;
            }
            self.state.frontend.later[0] = self.state.frontend.later[1];
            self.state.frontend.later_count -= 1;
            self.tell_arbiter(note);
        }
    }

    /// A note to the arbiter.
    #[inline]
    pub(super) fn tell_arbiter(&mut self, note: Note) {
        match note {
            Note::BeginRequest => self.arbiter_begin_request(),
            Note::EndRequest => self.arbiter_end_request(),
            Note::BeginResponse(request) => self.arbiter_begin_response(request),
            Note::EndResponse => self.arbiter_end_response(),
            Note::Wake => {}
        }
    }

    #[inline]
    fn arbiter_begin_request(&mut self) {
        let frontend = &mut self.state.frontend;
        frontend.arrived += 1;
        if frontend.kind == Kind::Simple {
            frontend.accepted += 1;
            // The one unacknowledged request is this one, so the channel is free.
            frontend.busy = true;
            frontend.passed += 1;
            let request = frontend.passed - 1;
            self.begin_request(request, self.state.wakes.now);
        } else if frontend.active < frontend.max_active {
            frontend.active += 1;
            self.accept();
        } else {
            frontend.held = true;
        }
    }

    /// Acknowledge the request that arrived last and pass it on.
    #[inline]
    fn accept(&mut self) {
        self.state.wakes.soon(PLAYER, Note::EndRequest);
        let now = self.state.wakes.now;
        let frontend = &mut self.state.frontend;
        frontend.accepted += 1;
        if !frontend.busy {
            frontend.busy = true;
            frontend.passed += 1;
            let request = frontend.passed - 1;
            let delay = u64::from(frontend.last_end_request == now);
            self.begin_request(request, now + delay);
        }
    }

    #[inline]
    fn arbiter_end_request(&mut self) {
        if self.policies.arbiter == Kind::Simple {
            self.state.wakes.soon(PLAYER, Note::EndRequest);
        }
        let now = self.state.wakes.now;
        let frontend = &mut self.state.frontend;
        frontend.last_end_request = now;
        if frontend.passed < frontend.accepted {
            frontend.passed += 1;
            let request = frontend.passed - 1;
            self.begin_request(request, now + 1);
        } else {
            frontend.busy = false;
        }
    }

    #[inline]
    fn arbiter_begin_response(&mut self, request: u32) {
        if self.policies.arbiter != Kind::Simple {
            self.end_response();
        }
        let frontend = &mut self.state.frontend;
        frontend.keep_response(request);
        if !frontend.responding {
            let delayed = frontend.last_end_response == self.state.wakes.now;
            self.respond(delayed);
        }
    }

    #[inline]
    fn respond(&mut self, delayed: bool) {
        let next = self.state.frontend.take_waiting();
        self.state.frontend.responding = next.is_some();
        if let Some(request) = next {
            self.reply(delayed, request);
        }
    }

    #[inline]
    pub(super) fn arbiter_end_response(&mut self) {
        if self.policies.arbiter == Kind::Simple {
            self.end_response();
        } else {
            let frontend = &mut self.state.frontend;
            frontend.last_end_response = self.state.wakes.now;
            if std::mem::take(&mut frontend.held) {
                self.accept();
            } else {
                frontend.active -= 1;
            }
        }
        self.respond(true);
    }
}

//! Chains of zero-delay rounds that run alone at their instant, without the list of rounds between.
//!
//! Each function performs the rounds of its chain in order, with the same timer operations; whatever does
//! not fit is left to the rounds.

use super::Run;
use super::wakes::{ARBITER, Note, RESPONSE};
use crate::dram::config::Arbiter as Kind;

impl<const PAGE: u8, const SCHEDULER: u8> Run<'_, PAGE, SCHEDULER> {
    /// Only the response timer fired: controller, arbiter, requester, arbiter, controller.
    #[inline]
    pub(super) fn response_alone(&mut self) {
        if self.state.frontend.responding {
            return self.run_controller(1 << RESPONSE);
        }
        let Some(request) = self.take_ready_response() else {
            return self.run_controller(1 << RESPONSE);
        };
        // Round 2, the arbiter.
        self.rearm_arbiter();
        if self.policies.arbiter == Kind::Simple {
            // Round 3, the requester. Round 4, the arbiter. Round 5, the controller.
            self.note_latency(request);
            self.rearm_arbiter();
            self.retire_and_rearm();
            return;
        }
        self.state.frontend.keep_response(request);
        let turn = self.state.frontend.take_waiting();
        if let Some(request) = turn {
            // Round 3, the requester, then the controller. Round 4, the arbiter.
            self.note_latency(request);
            self.state.wakes.soon(ARBITER, Note::EndResponse);
            self.retire_and_rearm();
            self.state.frontend.responding = true;
            self.state.wakes.begin_round();
            self.arbiter_end_response();
            self.end_arbiter();
        } else {
            self.retire_and_rearm();
        }
    }

    /// Only the arbiter's timer fired: arbiter, controller, and on to the requester's next request.
    #[inline]
    pub(super) fn arbiter_alone(&mut self) {
        if !self.take_lone_request() {
            return self.end_arbiter();
        }
        let now = self.state.wakes.now;
        let frontend = &mut self.state.frontend;
        frontend.arrived += 1;
        if frontend.kind == Kind::Simple {
            frontend.accepted += 1;
            frontend.passed += 1;
            frontend.busy = true;
            self.state.incoming = Some((self.state.frontend.passed - 1, now));
            if self.manage_request() {
                self.step();
                self.state.frontend.last_end_request = now;
                self.state.frontend.busy = false;
                self.send_next();
            }
            return;
        }
        if frontend.active >= frontend.max_active {
            frontend.held = true;
            return;
        }
        frontend.active += 1;
        frontend.accepted += 1;
        if frontend.busy {
            return self.send_next();
        }
        frontend.busy = true;
        frontend.passed += 1;
        self.state.incoming = Some((self.state.frontend.passed - 1, now));
        if self.manage_request() {
            self.step();
            self.state.frontend.last_end_request = now;
            self.state.frontend.busy = false;
        }
        self.send_next();
    }
}

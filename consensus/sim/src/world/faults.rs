//! How faults begin and end.

use super::{Event, World};
use crate::coverage::FaultKind;
use crate::fault::Action;
use crate::group::ProcessId;
use crate::process::{Clock, Trap};
use crate::protocol::Protocol;
use crate::time::Moment;

impl<P: Protocol> World<'_, P> {
    pub(super) fn begin_fault(&mut self, place: usize) {
        let fault = self.plan.faults[place].clone();
        self.trace.note(self.now, (3, place, 0));
        self.trace.say(self.now, || format!("fault begins {fault}"));
        self.network.begin(place, &fault.action);
        match fault.action {
            Action::Partition { shift, .. } => {
                self.queue
                    .push(self.now.after(shift), Event::Shift { fault: place });
            }
            Action::Crash {
                who,
                in_write: false,
                tear,
            } if self.processes[who.get()].running.is_some() => {
                self.coverage.fault(FaultKind::Crash);
                self.crash_until(who, tear, fault.until);
            }
            Action::Crash {
                who,
                in_write: true,
                tear,
            } => self.set_trap(
                who,
                Trap {
                    tear,
                    failing: None,
                    until: fault.until,
                },
            ),
            Action::FailSync { who, file, tear } => {
                self.set_trap(
                    who,
                    Trap {
                        tear,
                        failing: Some(file),
                        until: fault.until,
                    },
                );
            }
            Action::SlowDisk { who, factor } => self.processes[who.get()].sync_factor = factor,
            Action::Pause { who } => self.pause(who, fault.until),
            Action::Skew { who, permille } => self.set_clock(who, permille),
            _ => {}
        }
    }

    fn set_trap(&mut self, who: ProcessId, trap: Trap) {
        self.processes[who.get()].trap = Some(trap);
    }

    fn pause(&mut self, who: ProcessId, until: Moment) {
        let process = &mut self.processes[who.get()];
        process.paused_until = process.paused_until.max(until);
    }

    fn set_clock(&mut self, who: ProcessId, permille: u64) {
        let now = self.now;
        self.processes[who.get()].clock.set_speed(now, permille);
    }

    pub(super) fn end_fault(&mut self, place: usize) {
        self.trace.note(self.now, (4, place, 0));
        let fault = &self.plan.faults[place];
        let (index, kind) = (fault.index, fault.kind());
        self.trace
            .say(self.now, || format!("fault ends   {index:>3}: {kind}"));
        self.network.end(place);
        match self.plan.faults[place].action {
            Action::SlowDisk { who, .. } => self.processes[who.get()].sync_factor = 1,
            Action::Skew { who, .. } => self.set_clock(who, Clock::RIGHT),
            _ => {}
        }
    }

    pub(super) fn shift_fault(&mut self, place: usize) {
        self.trace.note(self.now, (5, place, 0));
        if let Action::Partition { shift, .. } = self.plan.faults[place].action
            && self.network.shift(place)
        {
            self.queue
                .push(self.now.after(shift), Event::Shift { fault: place });
        }
    }
}

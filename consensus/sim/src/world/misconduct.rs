//! Where habits come in.

use std::sync::Arc;

use pyralog_consensus::Message;
use pyralog_primitives::certificate::Certificate;

use super::{Event, World};
use crate::block::{Block, Content};
use crate::byzantine::{Habits, Saying, Stage};
use crate::group::{Group, ProcessId};
use crate::process::Conduct;
use crate::protocol::Protocol;

impl<P: Protocol> World<'_, P> {
    /// Lets the habits of a process do something. `None` if it has none.
    fn with_habits<T>(
        &mut self,
        who: ProcessId,
        act: impl FnOnce(&mut Habits, &mut Stage<'_>) -> T,
    ) -> Option<T> {
        let process = &mut self.processes[who.get()];
        let (tip, running) = (process.tip(), process.running.as_ref()?);
        let height = running.height;
        let Conduct::Byzantine(habits) = &mut process.conduct else {
            return None;
        };
        let mut stage = Stage {
            validator: process.validator,
            height,
            tip,
            genesis: self.genesis,
            keyring: &self.keyring,
            chance: &mut process.chance,
            plot: &mut self.plot,
            coverage: &mut self.coverage,
            made: Vec::new(),
        };
        let result = act(habits, &mut stage);
        let made = stage.made;
        for block in made {
            process.hold(&block, true);
        }
        Some(result)
    }

    /// What really goes out in place of a broadcast; `None` if that does.
    pub(super) fn twist(&mut self, who: ProcessId, message: &Message) -> Option<Vec<Saying>> {
        let block = self.body_of(who, message);
        let saying = Saying {
            to: Group::ALL,
            message: message.clone(),
            block,
        };
        self.with_habits(who, |habits, stage| {
            habits.hear(message);
            habits.say(saying, stage)
        })
    }

    pub(super) fn overhear(&mut self, who: ProcessId, message: &Message) {
        self.with_habits(who, |habits, _| habits.hear(message));
    }

    pub(super) fn spoil(&mut self, who: ProcessId, content: &mut Content) {
        self.with_habits(who, |habits, stage| habits.build(content, stage));
    }

    pub(super) fn is_mute(&self, who: ProcessId) -> bool {
        match &self.processes[who.get()].conduct {
            Conduct::Byzantine(habits) => habits.is_mute(),
            _ => false,
        }
    }

    pub(super) fn believes_all(&self, who: ProcessId) -> bool {
        match &self.processes[who.get()].conduct {
            Conduct::Byzantine(habits) => habits.believes_all(),
            _ => false,
        }
    }

    /// Puts another block in the place of a final one that a peer asks for.
    pub(super) fn misgive(
        &mut self,
        who: ProcessId,
        block: &mut Arc<Block>,
        certificate: &mut Certificate,
    ) {
        let other = self.with_habits(who, |habits, stage| habits.misgive(block, stage));
        if let Some(other) = other.flatten() {
            match certificate {
                Certificate::Solo { value, .. } | Certificate::Quorum { value, .. } => {
                    *value = other.id;
                }
            }
            *block = other;
        }
    }

    /// A habit wakes up.
    pub(super) fn indulge(&mut self, who: ProcessId, place: usize) {
        self.trace.note(self.now, (6, who.get(), place as u64));
        let woken = self.with_habits(who, |habits, stage| {
            (habits.wake(place, stage), habits.forgets(place))
        });
        if let Some((sayings, forgets)) = woken {
            for saying in sayings {
                self.send_saying(who, saying);
            }
            if forgets {
                self.forget(who);
            }
        }
        let process = &mut self.processes[who.get()];
        if let Conduct::Byzantine(habits) = &mut process.conduct
            && let Some(span) = habits.sleep_again(place, &mut process.chance)
        {
            self.queue
                .push(self.now.after(span), Event::Whim { who, place });
        }
    }

    fn send_saying(&mut self, who: ProcessId, saying: Saying) {
        let Saying { to, message, block } = saying;
        let packet = self.parcel(message, block);
        self.send(who, to, &packet);
    }

    pub(super) fn send_sayings(&mut self, who: ProcessId, sayings: Vec<Saying>) {
        for saying in sayings {
            self.send_saying(who, saying);
        }
    }

    /// The body that goes with a proposal, if it is held.
    pub(super) fn body_of(&self, who: ProcessId, message: &Message) -> Option<Arc<Block>> {
        let Message::Proposal(proposal) = message else {
            return None;
        };
        self.processes[who.get()]
            .body(proposal.signed.value)
            .cloned()
    }
}

//! How packets leave, and what becomes of them where they arrive.

use std::sync::Arc;

use pyralog_consensus::{Input, Message, verify_certificate};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::{BlockId, Height};

use super::{Event, Wake, World};
use crate::block::Block;
use crate::coverage::{FaultKind, Landmark};
use crate::group::{Group, ProcessId};
use crate::packet::{Heard, Packet, Payload};
use crate::protocol::Protocol;
use crate::time::Span;

/// A peer that is behind is given a block at most so often. Less often, and it
/// stays behind; more often, and one message of it costs many of ours.
const GIVE_SPAN_MIN: Span = Span::from_millis(10);
/// A block that is lacking is asked for so often.
const ASK_SPAN: Span = Span::from_millis(100);
/// So many peers are asked for a body at once.
const ASK_PEER_COUNT: usize = 2;
/// Others may be at the next height for so long before they are asked how they
/// came there: mostly it is only a message that is late.
const AHEAD_SPAN_MAX: Span = Span::from_millis(300);

impl<P: Protocol> World<'_, P> {
    /// Makes a packet of a message, and checks its signatures, for all.
    pub(super) fn parcel(&mut self, message: Message, block: Option<Arc<Block>>) -> Arc<Packet> {
        let height = message.height();
        let verified = self.is_near(height).then(|| {
            let validators = self.committees.at(height);
            let verified = message
                .clone()
                .verify(self.genesis, &validators, &self.keyring);
            if verified.is_ok() || !self.flaws.admits_strangers {
                return verified;
            }
            let validators = self.committees.with_stranger(height, &self.keyring);
            message
                .clone()
                .verify(self.genesis, &validators, &self.keyring)
        });
        let heard = match verified {
            Some(Ok(verified)) => Heard::Genuine(verified),
            _ => Heard::Forged(message),
        };
        Packet::new(Payload::Message {
            heard: Box::new(heard),
            block,
        })
    }

    /// Whether anyone looks at a message of this height.
    fn is_near(&self, height: Height) -> bool {
        let tips = self
            .processes
            .iter()
            .map(|process| process.tip_height().get());
        height.get() <= tips.max().unwrap_or_default() + 2
    }

    /// Sends a packet to those of a group who are others.
    pub(super) fn send(&mut self, from: ProcessId, to: Group, packet: &Arc<Packet>) {
        for place in 0..self.processes.len() {
            let other = ProcessId::new(place);
            if other != from && to.has(other) {
                self.send_one(from, other, packet);
            }
        }
    }

    fn send_one(&mut self, from: ProcessId, to: ProcessId, packet: &Arc<Packet>) {
        self.tally.send();
        let (link, about) = ((from, to), packet.about());
        if !self.network.allows(link, about) {
            return;
        }
        let (first, again) = self
            .network
            .carry(self.now, link, about, &mut self.coverage);
        for at in [first, again].into_iter().flatten() {
            let packet = Arc::clone(packet);
            self.queue.push(at, Event::Deliver { to, from, packet });
        }
    }

    /// A packet arrives.
    pub(super) fn deliver(&mut self, to: ProcessId, from: ProcessId, packet: Arc<Packet>) {
        let process = &self.processes[to.get()];
        if process.running.is_none() {
            return;
        }
        if process.paused_until > self.now {
            let at = process.paused_until;
            self.coverage.fault(FaultKind::Pause);
            self.queue.push(at, Event::Deliver { to, from, packet });
            return;
        }
        let link = to.get() << 8 | from.get();
        self.trace.note(self.now, (7, link, packet.digest));
        self.trace
            .say(self.now, || format!("{to} ◀ {from}  {packet}"));
        match &packet.payload {
            Payload::Message { heard, block } => {
                self.overhear(to, heard.message());
                if let Some(block) = block {
                    self.hold_body(to, block);
                }
                let input = match &**heard {
                    Heard::Genuine(verified) => {
                        if self.processes[to.get()].is_honest() && packet.witness() {
                            self.take_down(verified);
                        }
                        Some(Input::Message(verified.clone()))
                    }
                    Heard::Forged(_) => None,
                };
                self.hear(to, from, heard.message().height(), input);
            }
            Payload::Given {
                block,
                certificate,
                verified,
            } => {
                let verified = verified.clone();
                let input = verified.map(|verified| Input::Certified(*verified));
                self.be_given(to, block, certificate, input);
            }
            Payload::AskGiven { height } => self.give(to, from, *height),
            Payload::AskBody { block } => {
                let body = self.processes[to.get()].any_body(*block);
                if let Some(block) = body.filter(|_| !self.is_mute(to)) {
                    self.send_one(to, from, &Packet::new(Payload::Body { block }));
                }
            }
            Payload::Body { block } => {
                let running = self.processes[to.get()].running.as_ref();
                if running.is_some_and(|running| running.wanted.contains_key(&block.id)) {
                    self.coverage.landmark(Landmark::FetchedBody);
                    self.hold_body(to, block);
                }
            }
        }
    }

    /// A message of this height has come; the input it makes, if it is genuine.
    fn hear(&mut self, to: ProcessId, from: ProcessId, height: Height, input: Option<Input>) {
        let now = self.now;
        let Some(running) = &mut self.processes[to.get()].running else {
            return;
        };
        if height < running.height {
            let last = running.given.get(&from);
            if last.is_none_or(|last| now.since(*last) >= GIVE_SPAN_MIN) {
                running.given.insert(from, now);
                self.give(to, from, height);
            }
            return;
        }
        if height > running.height {
            let since = running.ahead.map_or(now, |(since, _, _)| since);
            running.ahead = Some((since, from, height));
            let is_far = running.height.next().is_none_or(|next| height > next);
            if is_far || now.since(since) > AHEAD_SPAN_MAX {
                self.ask(to);
            }
            if is_far {
                return;
            }
        }
        match input {
            Some(input) => self.tell(to, input),
            None => self.coverage.landmark(Landmark::Refused),
        }
    }

    /// Gives a peer the final block of a height, if there is one.
    fn give(&mut self, who: ProcessId, peer: ProcessId, height: Height) {
        let Some(last) = self.processes[who.get()].final_at(height).cloned() else {
            return;
        };
        if self.is_mute(who) {
            return;
        }
        let (mut block, mut certificate) = (Arc::clone(&last.block), last.certificate.clone());
        self.misgive(who, &mut block, &mut certificate);
        let validators = self.committees.at(height);
        let verified = certificate.clone();
        let verified = verify_certificate(verified, self.genesis, &validators, &self.keyring);
        let packet = Packet::new(Payload::Given {
            block,
            certificate: Box::new(certificate),
            verified: verified.ok().map(Box::new),
        });
        self.send_one(who, peer, &packet);
    }

    fn be_given(
        &mut self,
        who: ProcessId,
        block: &Arc<Block>,
        certificate: &Certificate,
        input: Option<Input>,
    ) {
        let Some(running) = &self.processes[who.get()].running else {
            return;
        };
        if certificate.height() != running.height || certificate.value() != block.id {
            return;
        }
        let Some(input) = input else {
            self.coverage.landmark(Landmark::Refused);
            return;
        };
        self.coverage.landmark(Landmark::GivenBlock);
        // If it is decided already, the body is what was lacking.
        self.hold_body(who, block);
        self.tell(who, input);
    }

    /// Asks who is ahead for the block of the own height, but not too often.
    fn ask(&mut self, who: ProcessId) {
        let now = self.now;
        let Some(running) = &mut self.processes[who.get()].running else {
            return;
        };
        let Some((_, peer, _)) = running.ahead else {
            return;
        };
        if running.asked.is_some_and(|last| now.since(last) < ASK_SPAN) {
            return;
        }
        running.asked = Some(now);
        let height = running.height;
        self.send_one(who, peer, &Packet::new(Payload::AskGiven { height }));
    }

    /// A height has begun: asks at once for the next block if others have it.
    pub(super) fn ask_on(&mut self, who: ProcessId) {
        let now = self.now;
        let Some(running) = &mut self.processes[who.get()].running else {
            return;
        };
        running.ahead = running
            .ahead
            .filter(|(_, _, height)| *height > running.height);
        if let Some((since, _, _)) = &mut running.ahead {
            *since = now;
            running.asked = None;
            self.ask(who);
        }
    }

    /// A body is there. Where there is no room for it, it stays wanted, and is
    /// asked for again when it is time: not at once, or two who ask each other
    /// never end.
    fn hold_body(&mut self, who: ProcessId, block: &Arc<Block>) {
        let process = &mut self.processes[who.get()];
        process.hold(block, false);
        if process.body(block.id).is_none() {
            return;
        }
        let Some(running) = &mut process.running else {
            return;
        };
        let height = running.height;
        let is_decided = running.deciding.as_ref().map(Certificate::value) == Some(block.id);
        if let Some(for_engine) = running.wanted.remove(&block.id)
            && for_engine
        {
            self.examine(who, height, block.id);
        }
        if is_decided {
            self.try_to_commit(who);
        }
    }

    /// Asks for a body until it comes or the height is over.
    pub(super) fn want(&mut self, who: ProcessId, block: BlockId, for_engine: bool) {
        let Some(running) = &mut self.processes[who.get()].running else {
            return;
        };
        let is_new = !running.wanted.contains_key(&block);
        *running.wanted.entry(block).or_default() |= for_engine;
        if is_new {
            self.ask_again(who, block);
        }
    }

    pub(super) fn ask_again(&mut self, who: ProcessId, block: BlockId) {
        let count = self.processes.len();
        let process = &mut self.processes[who.get()];
        let is_wanted = |running: &crate::process::Running<_>| running.wanted.contains_key(&block);
        if !process.running.as_ref().is_some_and(is_wanted) {
            return;
        }
        for _ in 0..ASK_PEER_COUNT {
            let peer = ProcessId::new(self.processes[who.get()].chance.place(count));
            if peer != who {
                self.send_one(who, peer, &Packet::new(Payload::AskBody { block }));
            }
        }
        self.later(who, ASK_SPAN, Wake::Ask { block });
    }
}

//! Between what waits to be spread or was judged, and the gossip of libp2p.

use libp2p::gossipsub::{self, MessageAcceptance, MessageId, PublishError};
use pyralog_p2p::{Spread, SpreadId, Verdict};

use super::Task;
use crate::behaviour::topic;
use crate::book::Weight;
use crate::key::{lib_peer_of, peer_of};
use crate::spreading::Judged;

impl Task {
    /// Spreads and passes on what waits for it.
    pub(super) fn spread(&mut self) {
        let topic = topic(self.settings.genesis);
        while let Some(judged) = self.shared.spreading.take_judged() {
            let acceptance = match judged.verdict {
                Verdict::Accept => MessageAcceptance::Accept,
                Verdict::Ignore | Verdict::Useless => MessageAcceptance::Ignore,
                Verdict::Reject => MessageAcceptance::Reject,
            };
            let from = lib_peer_of(judged.from);
            let gossip = &mut self.swarm.behaviour_mut().gossip;
            // One that was judged too late is not passed on.
            gossip.report_message_validation_result(&name(judged.id), &from, acceptance);
            self.weigh(&judged);
        }
        while let Some(bytes) = self.shared.spreading.take_outgoing() {
            let gossip = &mut self.swarm.behaviour_mut().gossip;
            match gossip.publish(topic.hash(), bytes.to_vec()) {
                Ok(_) | Err(PublishError::Duplicate) => {}
                Err(error) => tracing::debug!(%error, "a message was not spread"),
            }
        }
    }

    /// What a message says of who passed it on.
    fn weigh(&self, judged: &Judged) {
        let (from, bytes, now) = (judged.from, judged.bytes, self.shared.now());
        let reason = match judged.verdict {
            Verdict::Reject => "it passed on a message that anybody could see is bad",
            Verdict::Useless => {
                let is_too_much = self.shared.book().useless.note(from, bytes, now);
                if !is_too_much {
                    return;
                }
                "it passed on much that is of no use to anybody"
            }
            Verdict::Accept => return self.shared.book().useless.redeem(from, bytes, now),
            Verdict::Ignore => return,
        };
        self.shared.blame(from, None, Weight::Severe, reason);
    }

    pub(super) fn on_gossip(&mut self, event: gossipsub::Event) {
        let gossipsub::Event::Message {
            propagation_source,
            message_id,
            message,
        } = event
        else {
            return;
        };
        let greeted = |peer: &pyralog_p2p::PeerId| self.shared.book().connected.contains_key(peer);
        let has_room = peer_of(&propagation_source)
            .filter(greeted)
            .is_some_and(|from| {
                let id = SpreadId::of(&message.data);
                let bytes = message.data.into();
                self.shared.spreading.put(Spread { from, id, bytes })
            });
        if !has_room {
            // It stays known: until that is over, it is heard of nobody else.
            let ignored = MessageAcceptance::Ignore;
            let gossip = &mut self.swarm.behaviour_mut().gossip;
            gossip.report_message_validation_result(&message_id, &propagation_source, ignored);
        }
    }
}

fn name(id: SpreadId) -> MessageId {
    MessageId::new(id.get().as_bytes())
}

//! One validator of four that has joined, and peers who say what a test wants.

use pyralog_consensus::{Engine, Message, Statement};
use pyralog_driver::{Event, To, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_pbft::Pbft;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, Height};

use crate::maker::Maker;
use crate::node::{Node, Said};
use crate::setup::{address, genesis, height, pbft, peer};

pub(crate) struct Subject<E> {
    pub(crate) node: Node<E>,
    pub(crate) maker: Maker,
    /// The validator that proposes first, for PBFT; it is not the subject.
    pub(crate) primary: u8,
    /// The other validators, the primary first.
    pub(crate) peers: Vec<u8>,
    pub(crate) now: u64,
    /// All that the subject has told.
    pub(crate) said: Vec<Said>,
}

impl Subject<Pbft> {
    /// It has joined and works on the first height.
    pub(crate) fn joined() -> Self {
        let mut subject = Self::new(pbft);
        subject.join();
        subject
    }
}

impl<E: Engine> Subject<E> {
    /// It has just begun and knows nobody.
    pub(crate) fn new(make: fn(Option<Address>) -> E) -> Self {
        Self::with_engine(|own| make(Some(own)))
    }

    pub(crate) fn with_engine(make: impl FnOnce(Address) -> E) -> Self {
        let genesis = genesis(ConsensusKind::Pbft, 4);
        let maker = Maker::new(&genesis);
        let primary = maker.first_primary();
        let own = u8::from(primary == 0);
        let mut node = Node::new(own, &genesis);
        let said = node.begin(make(address(own)), 0).unwrap();
        let others = (0..4).filter(|number| *number != own && *number != primary);
        Self {
            node,
            maker,
            primary,
            peers: std::iter::once(primary).chain(others).collect(),
            now: 0,
            said,
        }
    }

    /// The others are there, and no further.
    pub(crate) fn join(&mut self) {
        self.meet(0);
        assert!(!self.node.driver().is_joining());
    }

    /// The others are there, and say that they have the chain up to here.
    pub(crate) fn meet(&mut self, tip: u64) {
        for peer in self.peers.clone() {
            self.connect(peer);
            let height = height(tip);
            self.hear(peer, Word::Tip { height });
        }
    }

    pub(crate) fn connect(&mut self, number: u8) {
        self.tell([Event::Connected(peer(number))]);
    }

    pub(crate) fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        let said = self.node.tell(self.now, events).unwrap();
        self.keep(said);
    }

    pub(crate) fn hear(&mut self, from: u8, word: Word) {
        self.hear_all(from, [word]);
    }

    pub(crate) fn hear_all(&mut self, from: u8, words: impl IntoIterator<Item = Word>) {
        let said = self.node.hear_all(self.now, from, words);
        self.keep(said);
    }

    pub(crate) fn hear_messages(&mut self, from: u8, messages: impl IntoIterator<Item = Message>) {
        self.hear_all(from, messages.into_iter().map(Word::Consensus));
    }

    /// Lets it do what a test held back.
    pub(crate) fn let_go(&mut self) {
        let said = self.node.let_go(self.now).unwrap();
        self.keep(said);
    }

    fn keep(&mut self, said: Vec<Said>) {
        self.said.extend(said);
    }

    /// Lets so many milliseconds pass; it is called whenever it wants to be.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now + millis * 1_000;
        while let Some(wake) = self.node.next_wake().filter(|wake| *wake <= end) {
            self.now = wake.max(self.now);
            self.tell([]);
        }
        self.now = end;
        self.tell([]);
    }

    /// What it has told since the last look.
    pub(crate) fn take_said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// Whom it has asked this since the last look, in order.
    pub(crate) fn asked(&mut self, is_question: impl Fn(&Word) -> bool) -> Vec<u8> {
        let said = self.take_said();
        let questions = said.into_iter().filter(|said| is_question(&said.word));
        questions
            .map(|said| match said.to {
                To::Peer(to) => (0..=u8::MAX).find(|number| peer(*number) == to).unwrap(),
                To::All => panic!("questions go to one"),
            })
            .collect()
    }

    /// Whom it has asked for final blocks since the last look: from which height
    /// on, and how many.
    pub(crate) fn questions(&mut self) -> Vec<(u8, Height, usize)> {
        let said = self.take_said();
        let question = |said: Said| match (said.to, said.word) {
            (To::Peer(to), Word::WantFinal { from, count }) => {
                let number = (0..=u8::MAX).find(|number| peer(*number) == to);
                let count = usize::try_from(count.get()).unwrap();
                Some((number.unwrap(), from, count))
            }
            _ => None,
        };
        said.into_iter().filter_map(question).collect()
    }

    /// What it has said with its signature since it began.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        let messages = self.said.iter().filter_map(|said| match &said.word {
            Word::Consensus(message) => message.statement(),
            _ => None,
        });
        messages.map(|(_, statement)| statement).collect()
    }

    /// The blocks that it has voted for, by this kind of vote.
    pub(crate) fn votes(&self, wanted: VoteKind) -> Vec<pyralog_primitives::BlockId> {
        let votes = self.statements().into_iter();
        votes
            .filter_map(|statement| match statement {
                Statement::Vote { kind, value, .. } if kind == wanted => value,
                _ => None,
            })
            .collect()
    }
}

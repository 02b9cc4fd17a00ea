//! A planner among peers of every kind, in a time of its own.

use std::collections::{BTreeMap, BTreeSet};

use pyralog_primitives::PublicKey;

use super::*;

/// Worlds that are drawn.
const SEED_COUNT: u64 = 300;
/// Blocks of the chain that is caught up with.
const CHAIN: u64 = 400;
/// By when all must be here: each peer that fails costs a second, and is left
/// alone for ten.
const END_MICROS: u64 = 120_000_000;

/// What a peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Honest,
    /// Keeps the rules; its answers come after others were asked.
    Slow,
    /// Keeps the rules, and mostly says that it is busy.
    Busy,
    /// Keeps the rules, goes and comes back.
    Restless,
    /// Claims all, gives nothing.
    Silent,
    Empty,
    /// Gives one block at a time.
    Meagre,
    /// Gives a block that is not the one of its certificate.
    Forger,
    /// Gives one that turns out to be false only when its turn comes.
    Sneak,
    /// Gives blocks that do not follow each other.
    Muddler,
}

impl Kind {
    const fn is_liar(self) -> bool {
        matches!(self, Self::Forger | Self::Sneak | Self::Muddler)
    }
}

/// A block, and whether it is the true one.
type Block = (u64, bool);

#[derive(Debug)]
enum Event {
    Answer {
        peer: usize,
        blocks: Vec<Block>,
    },
    Verified {
        ticket: Ticket,
        blocks: Vec<Block>,
    },
    Busy {
        peer: usize,
        from: u64,
    },
    Leave(usize),
    Return(usize),
    /// Time to look around.
    Look,
}

struct World {
    planner: Planner<Block>,
    peers: Peers,
    kinds: Vec<Kind>,
    sizes: Vec<u64>,
    /// When each peer has given its last answer.
    busy_until: Vec<u64>,
    is_here: Vec<bool>,
    now: u64,
    events: BTreeMap<(u64, u64), Event>,
    count: u64,
    chance: u64,
    handed: u64,
    blamed: BTreeSet<usize>,
}

fn id(peer: usize) -> PeerId {
    PeerId::new(PublicKey::new([u8::try_from(peer).unwrap() + 1; 32]))
}

impl World {
    fn new(seed: u64, kinds: &[Kind]) -> Self {
        let mut world = Self {
            planner: Planner::default(),
            peers: Peers::default(),
            kinds: kinds.to_vec(),
            sizes: Vec::new(),
            busy_until: vec![0; kinds.len()],
            is_here: vec![true; kinds.len()],
            now: 0,
            events: BTreeMap::new(),
            count: 0,
            chance: seed,
            handed: 0,
            blamed: BTreeSet::new(),
        };
        let scale = [300, 60_000, 900_000][world.draw(3)];
        world.sizes = (0..=CHAIN).map(|_| 1 + world.below(scale)).collect();
        for (peer, kind) in kinds.iter().enumerate() {
            world.meet(peer);
            if *kind == Kind::Restless {
                let at = world.below(500_000);
                world.later(at, Event::Leave(peer));
            }
        }
        world.later(0, Event::Look);
        world
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % limit
    }

    fn draw(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap()
    }

    fn later(&mut self, after: u64, event: Event) {
        self.count += 1;
        self.events.insert((self.now + after, self.count), event);
    }

    fn meet(&mut self, peer: usize) {
        self.peers.add(id(peer));
        let claims_all = matches!(self.kinds[peer], Kind::Silent | Kind::Empty);
        let tip = if claims_all { u64::MAX } else { CHAIN };
        self.peers.note_tip(id(peer), Height::new(tip));
    }

    fn tick(&self) -> Tick {
        Tick::new(self.now)
    }

    fn plan(&mut self) {
        let tick = self.tick();
        let asks = self.planner.plan(&mut self.peers, tick);
        for ask in asks {
            assert!(ask.count.get() > 0 && ask.from.get() > self.handed);
            let peer = (0..self.kinds.len()).find(|peer| id(*peer) == ask.peer);
            let peer = peer.unwrap();
            assert!(self.is_here[peer], "who is gone is not asked");
            assert!(self.planner.open_count(&ask.peer) <= QUESTION_COUNT_MAX);
            self.answer(peer, ask.from.get(), ask.count.get());
        }
        for peer in 0..self.kinds.len() {
            let theirs = self.planner.questions.values();
            let theirs = theirs.filter(|question| question.peer == id(peer));
            assert!(theirs.count() <= QUESTION_COUNT_MAX + LATE_COUNT_MAX);
        }
        // The lowest is asked for beyond it, and what comes late has come.
        assert!(self.planner.bytes() <= 2 * BYTES_MAX, "bounded");
    }

    /// What a peer of its kind gives.
    fn answer(&mut self, peer: usize, from: u64, count: u64) {
        let kind = self.kinds[peer];
        // Those who keep the rules leave out questions too, if they are busy.
        if kind == Kind::Silent || self.below(50) == 0 {
            return;
        }
        if kind == Kind::Busy && self.below(4) > 0 {
            let after = 200 + self.below(90_000);
            self.later(after, Event::Busy { peer, from });
            return;
        }
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for height in (from..from + count).take_while(|height| *height <= CHAIN) {
            bytes += self.sizes[usize::try_from(height).unwrap()];
            if bytes > PORTION_BYTES_MAX.get() && !blocks.is_empty() {
                break;
            }
            blocks.push((height, true));
        }
        match kind {
            Kind::Empty => blocks.clear(),
            Kind::Meagre => blocks.truncate(1),
            Kind::Forger | Kind::Sneak if !blocks.is_empty() => {
                let place = self.draw(blocks.len());
                blocks[place].1 = false;
            }
            Kind::Muddler if blocks.len() > 1 => {
                blocks.remove(1 + self.draw(blocks.len() - 1));
                blocks.push((from + 7, true));
            }
            _ => {}
        }
        let span = match kind {
            Kind::Slow => 800_000 + self.below(2_000_000),
            _ => 200 + self.below(90_000),
        };
        let begin = self.busy_until[peer].max(self.now);
        self.busy_until[peer] = begin + span;
        self.later(begin + span - self.now, Event::Answer { peer, blocks });
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Answer { peer, blocks } if self.is_here[peer] => self.hear(peer, blocks),
            Event::Answer { .. } => {}
            Event::Busy { peer, from } => {
                let tick = self.tick();
                let (peers, from) = (&mut self.peers, Height::new(from));
                self.planner.busy(peers, id(peer), from, tick);
            }
            Event::Verified { ticket, blocks } => self.verified(ticket, &blocks),
            Event::Leave(peer) => {
                self.is_here[peer] = false;
                self.peers.remove(id(peer));
                self.planner.lose(id(peer));
                self.events.retain(
                    |_, event| !matches!(event, Event::Answer { peer: of, .. } if *of == peer),
                );
                let after = self.below(3_000_000);
                self.later(after, Event::Return(peer));
            }
            Event::Return(peer) => {
                self.is_here[peer] = true;
                self.meet(peer);
                let after = self.below(1_000_000);
                self.later(after, Event::Leave(peer));
            }
            Event::Look => self.later(250_000, Event::Look),
        }
    }

    fn hear(&mut self, peer: usize, blocks: Vec<Block>) {
        let size = |height: u64| self.sizes.get(usize::try_from(height).unwrap());
        let shape = Shape {
            heights: blocks.iter().map(|block| Height::new(block.0)).collect(),
            bytes: blocks.iter().filter_map(|block| size(block.0)).sum(),
        };
        let tick = self.tick();
        match self.planner.hear(&mut self.peers, id(peer), &shape, tick) {
            Heard::Nothing => {}
            Heard::Unlike => self.blame(peer),
            Heard::Verify(ticket) => {
                let after = self.below(40_000);
                self.later(after, Event::Verified { ticket, blocks });
            }
        }
    }

    fn verified(&mut self, ticket: Ticket, blocks: &[Block]) {
        let Some(peer) = self.planner.verifying.get(&ticket) else {
            return; // Its giver was found out meanwhile.
        };
        let peer = peer.peer;
        let peer = (0..self.kinds.len()).find(|one| id(*one) == peer).unwrap();
        let is_seen = |block: &&Block| block.1 || self.kinds[peer] == Kind::Sneak;
        let good: Vec<&Block> = blocks.iter().take_while(is_seen).collect();
        let is_false = good.len() < blocks.len();
        let piece = |block: &&Block| {
            let bytes = self.sizes[usize::try_from(block.0).unwrap()];
            (Height::new(block.0), ByteCount::new(bytes), **block)
        };
        let good = good.iter().map(piece).collect();
        let tick = self.tick();
        let giver = self
            .planner
            .verified(&mut self.peers, ticket, (good, is_false), tick);
        assert_eq!(giver, Some(id(peer)));
        if is_false {
            self.blame(peer);
        }
    }

    fn blame(&mut self, peer: usize) {
        assert!(
            self.kinds[peer].is_liar(),
            "{:?} is blamed",
            self.kinds[peer]
        );
        self.blamed.insert(peer);
    }

    /// Takes what is there, though at times the ledger is busy.
    fn take(&mut self) {
        while self.below(8) > 0 {
            let next = Height::new(self.handed + 1);
            let Some(piece) = self.planner.take(next) else {
                return;
            };
            let (height, is_true) = piece.block;
            assert_eq!(height, next.get(), "in order");
            if is_true {
                self.handed = height;
            } else {
                let peer = (0..self.kinds.len()).find(|peer| id(*peer) == piece.from);
                let tick = self.tick();
                self.planner.refuse(&mut self.peers, piece.from, next, tick);
                self.blame(peer.unwrap());
            }
        }
    }

    fn run(&mut self) {
        while self.handed < CHAIN {
            assert!(self.now < END_MICROS, "it does not end: {}", self.handed);
            self.plan();
            let deadline = self.planner.next_deadline().map(Tick::get);
            let first = self.events.first_key_value().map(|((at, _), _)| *at);
            let due = first.into_iter().chain(deadline).min();
            self.now = due.expect("it looks around for ever").max(self.now);
            let tick = self.tick();
            self.planner.expire(&mut self.peers, tick);
            while let Some(event) = self.events.first_entry()
                && event.key().0 <= self.now
            {
                let event = event.remove();
                self.happen(event);
            }
            self.take();
        }
        assert!(self.planner.take(Height::new(CHAIN + 1)).is_none());
    }
}

/// One honest peer among many of every other kind is enough; each block is
/// handed over once and in order, and nobody is blamed who keeps the rules.
#[test]
fn among_peers_of_every_kind_all_blocks_arrive_once_and_only_liars_are_blamed() {
    use Kind::{Busy, Empty, Forger, Honest, Meagre, Muddler, Restless, Silent, Slow, Sneak};
    let others = [
        Honest, Slow, Busy, Restless, Silent, Empty, Meagre, Forger, Sneak, Muddler,
    ];
    let (mut blamed, mut liars) = (0, 0);
    for seed in 0..SEED_COUNT {
        let mut world = World::new(seed, &[]);
        let count = world.draw(12);
        let mut kinds = vec![Honest];
        kinds.extend((0..count).map(|_| others[world.draw(others.len())]));
        let mut world = World::new(seed, &kinds);
        world.run();
        blamed += world.blamed.len();
        liars += kinds.iter().filter(|kind| kind.is_liar()).count();
    }
    // A liar that was never asked, or only for one block, cannot be blamed.
    assert!(blamed * 10 > liars * 8, "{blamed} of {liars}");
}

/// Those who keep the rules are enough, however slow and restless.
#[test]
fn slow_and_restless_peers_are_enough() {
    for seed in 0..SEED_COUNT {
        let kinds = [Kind::Slow, Kind::Busy, Kind::Restless, Kind::Restless];
        let mut world = World::new(seed, &kinds);
        world.run();
        assert_eq!(world.blamed, BTreeSet::new());
    }
}

#[test]
fn who_is_busy_is_asked_again_a_second_later_and_others_at_once() {
    let mut world = World::new(1, &[Kind::Honest; 2]);
    let asked_of = |world: &mut World| {
        let tick = world.tick();
        let asks = world.planner.plan(&mut world.peers, tick);
        let asked = asks.iter().map(|ask| (ask.peer, ask.from));
        asked.collect::<Vec<_>>()
    };
    let (first, from) = asked_of(&mut world)[0];
    let tick = world.tick();
    world.planner.busy(&mut world.peers, first, from, tick);
    let asked = asked_of(&mut world);
    assert_eq!(asked, [], "the other one has two questions to answer");
    let other = if first == id(0) { id(1) } else { id(0) };
    let open = world.planner.questions.iter();
    let theirs = open.filter(|(_, one)| one.peer == other);
    let theirs: Vec<u64> = theirs.map(|(number, _)| *number).collect();
    world.planner.questions.remove(&theirs[0]);
    assert_eq!(asked_of(&mut world), [(other, from)]);
    // Whoever says so without having been asked is not left alone for it.
    world
        .planner
        .busy(&mut world.peers, other, Height::new(9_999), tick);
    assert_eq!(world.peers.highest(tick), Some(Height::new(CHAIN)));
    world.planner.questions.clear();
    world.now += 1_000_001;
    let asked: BTreeSet<PeerId> = asked_of(&mut world).iter().map(|ask| ask.0).collect();
    assert!(asked.contains(&first) && asked.contains(&other));
}

#[test]
fn several_honest_peers_are_asked_at_once_and_each_block_of_one() {
    let mut world = World::new(1, &[Kind::Honest; 4]);
    world.sizes = vec![60_000; world.sizes.len()];
    let tick = world.tick();
    let asks = world.planner.plan(&mut world.peers, tick);
    let asked: BTreeSet<PeerId> = asks.iter().map(|ask| ask.peer).collect();
    assert_eq!(asked.len(), 4);
    let mut next = 1;
    for ask in asks {
        assert_eq!(ask.from.get(), next, "no gap, and nothing twice");
        next += ask.count.get();
    }
}

/// However much is held of what comes later, the lowest block has room.
#[test]
fn what_is_lowest_is_asked_for_though_no_more_may_be_held() {
    let mut world = World::new(1, &[Kind::Honest; 2]);
    world.planner.held_bytes = BYTES_MAX;
    let tick = world.tick();
    let asks = world.planner.plan(&mut world.peers, tick);
    assert_eq!(asks.len(), 1);
    assert_eq!(asks[0].from, Height::FIRST);
    world.planner.held_bytes = 0;
}

#[test]
fn what_was_decided_meanwhile_is_not_handed_over() {
    let mut world = World::new(1, &[Kind::Honest]);
    for height in 1..=3 {
        let piece = Piece {
            from: id(0),
            block: (height, true),
            bytes: 10,
        };
        world.planner.held.insert(Height::new(height), piece);
        world.planner.held_bytes += 10;
    }
    world.planner.advance(Height::new(3));
    assert!(world.planner.take(Height::new(4)).is_none());
    assert_eq!((world.planner.held.len(), world.planner.held_bytes), (0, 0));
}

//! What a power cut does to operations that nobody waited for.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::content::Content;
use crate::dice::Dice;
use crate::operation::{NodeId, Operation};
use crate::state::{Durable, Names, Node, State, write_whole};

/// What a disk writes as one; writes tear between them, or inside of one.
const SECTOR_BYTES: u64 = 512;

/// What may be at the end of a file where a write that made it longer is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tails {
    /// Nothing: the length becomes durable after the bytes, as on ext4 with
    /// ordered data, on btrfs, on ZFS. The file ends before the first lost byte.
    Cut,
    /// Also zeros: the length comes first, blocks not written read as zeros, as
    /// XFS may do.
    Zeros,
    /// Also bytes of other, older files, as on ext4 with `data=writeback`.
    #[default]
    Garbage,
}

/// How many unsynced operations met which end in one image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// Operations on files that are there in full.
    pub kept: usize,
    /// Operations on files that are not there.
    pub dropped: usize,
    /// Writes that are there in part.
    pub torn: usize,
    /// Files that are longer than what is left of their writes.
    pub padded: usize,
    /// Changes of names that are there.
    pub names_kept: usize,
    /// Changes of names that are not there: missing files, old names.
    pub names_lost: usize,
}

/// What happens to all that is pending on one file.
#[derive(Clone, Copy)]
enum Mood {
    AllKept,
    AllDropped,
    /// Everything before this index is kept, it is torn, the rest is dropped.
    KeptUpTo(usize),
    /// Each operation for itself.
    Mixed,
}

impl Mood {
    fn draw(dice: &mut Dice, pending: usize) -> Self {
        match dice.below(6) {
            0 => Self::AllKept,
            1 => Self::AllDropped,
            2 | 3 => Self::KeptUpTo(dice.below(pending)),
            _ => Self::Mixed,
        }
    }
}

enum Fate {
    Kept,
    Dropped,
    Torn,
}

/// One cut: what it does, and a count of what it did.
pub(crate) struct Cutting<'a> {
    pub(crate) journal: &'a [Operation],
    pub(crate) tails: Tails,
    pub(crate) dice: Dice,
    pub(crate) fates: Fates,
    /// Numbers of the present file's sectors that lost a write, and with it all
    /// later ones.
    lost: BTreeSet<u64>,
}

impl<'a> Cutting<'a> {
    pub(crate) fn new(journal: &'a [Operation], tails: Tails, dice: Dice) -> Self {
        Self {
            journal,
            tails,
            dice,
            fates: Fates::default(),
            lost: BTreeSet::new(),
        }
    }

    /// The file as the cut leaves it.
    pub(crate) fn file_after(&mut self, node: &Node, durable: &Arc<Content>) -> Arc<Content> {
        if node.pending.is_empty() {
            return Arc::clone(durable);
        }
        self.lost.clear();
        let mut content = Content::clone(durable);
        let mood = Mood::draw(&mut self.dice, node.pending.len());
        for (index, at) in node.pending.iter().enumerate() {
            let fate = match mood {
                Mood::AllKept => Fate::Kept,
                Mood::KeptUpTo(last) if index < last => Fate::Kept,
                Mood::KeptUpTo(last) if index == last => Fate::Torn,
                Mood::AllDropped | Mood::KeptUpTo(_) => Fate::Dropped,
                Mood::Mixed => match self.dice.below(4) {
                    0 => Fate::Dropped,
                    1 => Fate::Torn,
                    _ => Fate::Kept,
                },
            };
            self.meet(fate, &mut content, &self.journal[*at]);
        }
        Arc::new(content)
    }

    fn meet(&mut self, fate: Fate, content: &mut Content, operation: &Operation) {
        let fate = match (fate, operation) {
            (Fate::Torn, Operation::Write { bytes, .. }) if bytes.len() > 1 => Fate::Torn,
            // One byte, a new length and a hole are there or they are not.
            (Fate::Torn, _) if self.dice.coin() => Fate::Kept,
            (Fate::Torn, _) => Fate::Dropped,
            (fate, _) => fate,
        };
        match fate {
            Fate::Kept => self.fates.kept += 1,
            Fate::Dropped => self.fates.dropped += 1,
            Fate::Torn => self.fates.torn += 1,
        }
        match (fate, operation) {
            (Fate::Dropped, Operation::Write { offset, bytes, .. }) => self.lose(*offset, bytes),
            (Fate::Kept, Operation::Write { offset, bytes, .. }) => {
                self.put(content, *offset, bytes);
            }
            (Fate::Torn, Operation::Write { offset, bytes, .. }) => {
                self.tear(content, *offset, bytes);
            }
            (Fate::Kept, _) => write_whole(content, operation),
            _ => {}
        }
        if let Operation::Write { offset, bytes, .. } = operation
            && self.pad(content, offset + bytes.len() as u64)
        {
            self.fates.padded += 1;
        }
    }

    /// Writes what is not in a lost sector, nor after a tail that must not be.
    fn put(&mut self, content: &mut Content, offset: u64, bytes: &[u8]) {
        if self.lost.is_empty() {
            return content.write(offset, bytes);
        }
        for (at, piece) in sectors(offset, bytes) {
            let first = match self.tails {
                Tails::Cut => at.min(content.length()),
                Tails::Zeros | Tails::Garbage => at,
            };
            let mut before = self.lost.range(first / SECTOR_BYTES..=at / SECTOR_BYTES);
            if before.next().is_some() {
                self.lose(at, piece);
            } else {
                content.write(at, piece);
            }
        }
    }

    fn lose(&mut self, offset: u64, bytes: &[u8]) {
        let sectors = sectors(offset, bytes).into_iter();
        self.lost.extend(sectors.map(|(at, _)| at / SECTOR_BYTES));
    }

    /// Writes a part: up to a byte, up to a sector, or some of the sectors.
    fn tear(&mut self, content: &mut Content, offset: u64, bytes: &[u8]) {
        let sectors = sectors(offset, bytes);
        let way = self.dice.below(3);
        if way == 0 || sectors.len() == 1 {
            let (kept, rest) = bytes.split_at(1 + self.dice.below(bytes.len() - 1));
            self.put(content, offset, kept);
            return self.lose(offset + kept.len() as u64, rest);
        }
        let kept = 1 + self.dice.below(sectors.len() - 1);
        for (index, (at, piece)) in sectors.into_iter().enumerate() {
            let is_there = if way == 1 {
                index < kept
            } else {
                self.dice.coin()
            };
            if is_there {
                self.put(content, at, piece);
            } else {
                self.lose(at, piece);
            }
        }
    }

    /// Lets the file's length outrun its bytes, as where the length is journaled
    /// and the bytes are not.
    fn pad(&mut self, content: &mut Content, end: u64) -> bool {
        let start = content.length();
        let Some(missing @ 1..) = end.checked_sub(start) else {
            return false;
        };
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        let length = if self.dice.coin() {
            missing
        } else {
            1 + self.dice.below(missing)
        };
        match (self.tails, self.dice.below(4)) {
            (Tails::Garbage, 0) => content.write(start, &self.dice.garbage(length)),
            (Tails::Garbage | Tails::Zeros, 1) => content.extend(start + length as u64),
            _ => return false,
        }
        true
    }
}

/// The pieces of a write between sector boundaries of the file.
fn sectors(offset: u64, bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut pieces = Vec::new();
    let mut at = offset;
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = usize::try_from(SECTOR_BYTES - at % SECTOR_BYTES).unwrap_or(usize::MAX);
        let (piece, later) = rest.split_at(room.min(rest.len()));
        pieces.push((at, piece));
        at += piece.len() as u64;
        rest = later;
    }
    pieces
}

/// How many pending changes of names each folder keeps: a beginning of them,
/// such that a change of two folders is there in both or in neither.
pub(crate) struct NamesKept(Vec<usize>);

impl NamesKept {
    pub(crate) fn draw(state: &State, cutting: &mut Cutting<'_>) -> Self {
        let draws = state.ids().map(|id| {
            let node = state.node(id);
            let pending = node.pending.len();
            match (&node.durable, pending, cutting.dice.below(4)) {
                (Durable::File(_), ..) | (_, 0, _) | (.., 0) => 0,
                (.., 1) => pending,
                _ => cutting.dice.below(pending + 1),
            }
        });
        let mut kept = Self(draws.collect());
        while kept.shorten(state, cutting.journal) {}
        for id in state.ids() {
            if matches!(state.node(id).durable, Durable::Folder(_)) {
                cutting.fates.names_kept += kept.0[id.0];
                cutting.fates.names_lost += state.node(id).pending.len() - kept.0[id.0];
            }
        }
        kept
    }

    /// Ends each beginning before a change that another folder lost; whether
    /// there was one.
    fn shorten(&mut self, state: &State, journal: &[Operation]) -> bool {
        let mut shorter = false;
        for id in state.ids() {
            let pending = &state.node(id).pending;
            let split = pending.iter().take(self.0[id.0]).position(|at| {
                let mut changes = journal[*at].changes().iter();
                changes.any(|change| !self.keeps(state, change.folder, *at))
            });
            if let Some(split) = split {
                self.0[id.0] = split;
                shorter = true;
            }
        }
        shorter
    }

    fn keeps(&self, state: &State, folder: NodeId, at: usize) -> bool {
        let kept = self.0[folder.0];
        let last = kept
            .checked_sub(1)
            .map(|last| state.node(folder).pending[last]);
        last.is_some_and(|last| at <= last)
    }

    /// The names of `folder` after the cut.
    pub(crate) fn after(
        &self,
        state: &State,
        folder: NodeId,
        durable: &Names,
        journal: &[Operation],
    ) -> Names {
        let mut names = durable.clone();
        for at in state.node(folder).pending.iter().take(self.0[folder.0]) {
            let changes = journal[*at].changes().iter();
            for change in changes.filter(|change| change.folder == folder) {
                match change.leads_to {
                    Some(node) => names.insert(change.name.clone(), node),
                    None => names.remove(&change.name),
                };
            }
        }
        names
    }
}

//! The format: slots of one length, each of which stands twice.
//!
//! ```text
//! file   = header ‖ header ‖ { record ‖ record }
//! header = "PYRGRD" ‖ version u16 ‖ genesis hash ‖ address ‖ zeros ‖ check
//! record = kind u8 ‖ step u8 ‖ round u32 ‖ height u64 ‖ signing root ‖
//!          signature ‖ zeros ‖ check
//! kind   = 1 signed here, 2 signed elsewhere, 3 something signed elsewhere
//! ```
//!
//! A slot has 128 bytes, the last 16 of which are its check: a keyed BLAKE3 hash
//! whose key is derived from the header, so that a record of another guard is
//! none here, over the number of the slot, so that it is one nowhere else, and
//! the bytes before. Numbers are least significant byte first; what a kind does
//! not have is zero.
//!
//! Both copies of a record are written at once. Either is enough. The last
//! [`UNSYNCED_COUNT_MAX`] pairs may not have been synced, so a loss of power can
//! leave each of those unfinished; anything else that has no whole copy is
//! damage.

use pyralog_consensus::Place;
use pyralog_primitives::{Address, ByteCount, GenesisHash, Hash, Height, Round, Signature};

use crate::error::{Damage, OpenError};
use crate::place::{number_of, step_numbered};
use crate::signed::{Known, SignedRound, SigningRoot};

/// A file that would be longer is written anew with the last round only. Lower,
/// and that happens often, at twice the cost of an append; higher, and there is
/// more to read at a start, for nothing.
pub const FILE_BYTES_MAX: usize = 64 * 1024;

/// Records that may stand in the file and not be durable: those of one round.
/// Lower, and a round waits for the disk in its middle; higher, and more of the
/// file passes for torn when it is damaged.
pub(crate) const UNSYNCED_COUNT_MAX: usize = 4;

/// The format that is written and read here.
const VERSION: u16 = 1;
const MAGIC: &[u8; 6] = b"PYRGRD";
const CONTEXT: &str = "pyralog 2026-11-21 signing guard v1";

const SLOT: usize = 128;
const CHECK: usize = 16;
const CONTENT: usize = SLOT - CHECK;
/// What is written at once.
pub(crate) const PAIR: usize = 2 * SLOT;

type Slot = [u8; SLOT];
type Content = [u8; CONTENT];

/// What makes and tests the slots of one guard.
#[derive(Clone, Debug)]
pub(crate) struct Format {
    genesis: GenesisHash,
    address: Address,
    header: Slot,
    key: [u8; blake3::KEY_LEN],
}

impl Format {
    pub(crate) fn new(genesis: GenesisHash, address: Address) -> Self {
        let mut content = [0; CONTENT];
        let network = genesis.get();
        let parts: [&[u8]; 4] = [
            MAGIC,
            &VERSION.to_le_bytes(),
            network.as_bytes(),
            address.as_bytes(),
        ];
        fill(&mut content, &parts);
        let key = blake3::derive_key(CONTEXT, &content);
        Self {
            genesis,
            address,
            header: slot(content, check(&key, &[])),
            key,
        }
    }

    /// The format of the guard that wrote this header, if it is whole.
    fn of(header: &[u8]) -> Option<Self> {
        let rest = header.strip_prefix(MAGIC)?;
        let (_version, rest) = rest.split_first_chunk::<2>()?;
        let (genesis, rest) = rest.split_first_chunk()?;
        let address = Address::new(*rest.first_chunk()?);
        let format = Self::new(GenesisHash::new(Hash::new(*genesis)), address);
        (format.header == *header).then_some(format)
    }

    /// The format of the guard that wrote this file.
    pub(crate) fn of_file(file: &[u8]) -> Result<Self, OpenError> {
        let mut whole = headers(file).into_iter().flatten().filter_map(Self::of);
        whole.next().ok_or_else(|| unreadable_header(file))
    }

    pub(crate) const fn genesis(&self) -> GenesisHash {
        self.genesis
    }

    pub(crate) const fn address(&self) -> Address {
        self.address
    }

    /// A whole file that holds this round.
    pub(crate) fn file(&self, round: Option<&SignedRound>) -> Vec<u8> {
        let mut file = [self.header; 2].concat();
        for (place, known) in round.into_iter().flat_map(SignedRound::iter) {
            let pair = self.pair(file.len(), place, known);
            file.extend(pair);
        }
        file
    }

    /// Both copies of a record, to be written at this place of the file.
    pub(crate) fn pair(&self, at: usize, place: Place, known: Known) -> Vec<u8> {
        let content = content(place, known);
        let first = at / SLOT;
        let slots = [first, first + 1].map(|number| self.record(number, content));
        slots.concat()
    }

    fn record(&self, number: usize, content: Content) -> Slot {
        let number = as_u64(number).to_le_bytes();
        slot(content, check(&self.key, &[&number, &content]))
    }

    /// Reads a file that names this guard in its header.
    pub(crate) fn read(&self, file: &[u8]) -> Result<FoundFile, OpenError> {
        let mut found = FoundFile {
            round: None,
            torn: ByteCount::default(),
            broken_copies: self.broken_headers(file)?,
            is_whole: true,
        };
        found.is_whole = found.broken_copies == 0;
        for at in (PAIR..file.len()).step_by(PAIR) {
            let copies = [at, at + SLOT].map(|at| self.whole(file, at));
            let is_last = file.len() <= at + PAIR;
            let may_be_torn = file.len() <= at + UNSYNCED_COUNT_MAX * PAIR;
            found.is_whole &= copies.iter().all(Option::is_some);
            match copies {
                [Some(one), Some(other)] if one != other => {
                    return Err(damaged(at, Damage::Copies));
                }
                [Some(_), Some(_)] => {}
                [Some(_), None] if is_last => found.tear(file.len() - at - SLOT),
                [Some(_), None] | [None, Some(_)] => found.broken_copies += 1,
                [None, None] if may_be_torn => found.tear(PAIR.min(file.len() - at)),
                [None, None] => return Err(damaged(at, Damage::Durable)),
            }
            let record = copies.into_iter().flatten().next();
            found.raise(record).map_err(|what| damaged(at, what))?;
        }
        Ok(found)
    }

    /// Refuses files that this guard does not write, and counts the copies of
    /// the header that are not whole.
    fn broken_headers(&self, file: &[u8]) -> Result<usize, OpenError> {
        let found = Self::of_file(file)?;
        if found.genesis != self.genesis {
            return Err(OpenError::ForeignGenesis {
                found: found.genesis,
                expected: self.genesis,
            });
        }
        if found.address != self.address {
            return Err(OpenError::ForeignKey {
                found: found.address,
                expected: self.address,
            });
        }
        let copies = headers(file).into_iter();
        Ok(copies.filter(|copy| *copy != Some(&self.header)).count())
    }

    /// The record in a slot, if it is whole.
    fn whole(&self, file: &[u8], at: usize) -> Option<(Place, Known)> {
        let slot: &Slot = file.get(at..)?.first_chunk()?;
        let content: &Content = slot.first_chunk()?;
        if self.record(at / SLOT, *content) != *slot {
            return None;
        }
        meaning(content)
    }
}

/// What a file of a guard holds.
#[derive(Debug)]
pub(crate) struct FoundFile {
    pub(crate) round: Option<SignedRound>,
    pub(crate) torn: ByteCount,
    pub(crate) broken_copies: usize,
    /// Whether every record stands twice, so that another can be appended.
    pub(crate) is_whole: bool,
}

impl FoundFile {
    fn tear(&mut self, bytes: usize) {
        self.torn = ByteCount::new(self.torn.get() + as_u64(bytes));
    }

    /// Takes the next record.
    fn raise(&mut self, record: Option<(Place, Known)>) -> Result<(), Damage> {
        let Some((place, known)) = record else {
            return Ok(());
        };
        match &mut self.round {
            None => self.round = Some(SignedRound::of(place, known)),
            Some(round) if place > round.watermark() => round.raise(place, known),
            Some(_) => return Err(Damage::Order),
        }
        Ok(())
    }
}

/// Both copies of the header, as far as they are there.
fn headers(file: &[u8]) -> [Option<&[u8]>; 2] {
    [file.get(..SLOT), file.get(SLOT..PAIR)]
}

/// What is wrong with a file of which no copy of the header is whole.
fn unreadable_header(file: &[u8]) -> OpenError {
    let version = |at: usize| {
        let rest = file.get(at..)?.strip_prefix(MAGIC)?;
        rest.first_chunk().copied().map(u16::from_le_bytes)
    };
    let versions = [version(0), version(SLOT)];
    match versions.into_iter().flatten().max() {
        Some(found) if found > VERSION => {
            let ours = VERSION;
            OpenError::Newer { found, ours }
        }
        Some(_) => damaged(0, Damage::Header),
        None if file.is_empty() => damaged(0, Damage::Empty),
        None => OpenError::NotAGuard,
    }
}

fn content(place: Place, known: Known) -> Content {
    let (kind, root, signature) = match known {
        Known::Signed(root, signature) => (1, Some(root), Some(signature)),
        Known::Root(root) => (2, Some(root), None),
        Known::Something => (3, None, None),
    };
    let root = root.map_or(Hash::ZERO, SigningRoot::get);
    let signature = signature.map_or([0; Signature::BYTES], |signature| *signature.as_bytes());
    let mut content = [0; CONTENT];
    let parts: [&[u8]; 6] = [
        &[kind],
        &[number_of(place.step)],
        &place.round.get().to_le_bytes(),
        &place.height.get().to_le_bytes(),
        root.as_bytes(),
        &signature,
    ];
    fill(&mut content, &parts);
    content
}

fn meaning(content: &Content) -> Option<(Place, Known)> {
    let ([kind, step], rest) = content.split_first_chunk()?;
    let (round, rest) = rest.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    let (root, rest) = rest.split_first_chunk()?;
    let signature = rest.first_chunk()?;
    let root = SigningRoot::new(Hash::new(*root));
    let known = match kind {
        1 => Known::Signed(root, Signature::new(*signature)),
        2 => Known::Root(root),
        3 => Known::Something,
        _ => return None,
    };
    let place = Place {
        height: Height::new(u64::from_le_bytes(*height)),
        round: Round::new(u32::from_le_bytes(*round)),
        step: step_numbered(*step)?,
    };
    Some((place, known))
}

fn fill(content: &mut Content, parts: &[&[u8]]) {
    let bytes = parts.concat();
    content[..bytes.len()].copy_from_slice(&bytes);
}

fn slot(content: Content, check: [u8; CHECK]) -> Slot {
    let mut slot = [0; SLOT];
    slot[..CONTENT].copy_from_slice(&content);
    slot[CONTENT..].copy_from_slice(&check);
    slot
}

fn check(key: &[u8; blake3::KEY_LEN], parts: &[&[u8]]) -> [u8; CHECK] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(part);
    }
    let hash = hasher.finalize();
    *hash
        .as_bytes()
        .first_chunk()
        .expect("a hash is longer than a check")
}

fn damaged(at: usize, what: Damage) -> OpenError {
    let at = byte_count(at);
    OpenError::Damaged { at, what }
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory fits 64 bits")
}

/// A length as it is shown.
pub(crate) fn byte_count(length: usize) -> ByteCount {
    ByteCount::new(as_u64(length))
}

//! The guard itself.

use pyralog_consensus::Place;
use pyralog_disk::{Disk, DiskError};
use pyralog_primitives::{Address, ByteCount, GenesisHash, SignBytes, Signature};

use crate::error::{GuardError, ImportError, OpenError};
use crate::interchange::{Imported, Interchange};
use crate::record::{FILE_BYTES_MAX, Format, PAIR, UNSYNCED_COUNT_MAX, byte_count};
use crate::signed::{Known, SignedPlace, SignedRound, SigningRoot};

/// Stands before one key on one network. See the [crate].
#[derive(Debug)]
pub struct Guard<D> {
    disk: D,
    format: Format,
    /// What was signed in the round of the watermark; none if nothing ever was.
    round: Option<SignedRound>,
    /// How long the file is.
    file_bytes: usize,
    /// Records at its end that are not durable yet.
    unsynced: usize,
    is_held: bool,
    is_poisoned: bool,
}

/// What was there when a guard was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// There was no file, so the guard knows of no signature. Where the key has
    /// been used before, that is a mistake, and dangerous.
    pub is_new: bool,
    /// How much was cut off that was being written when the power went.
    pub torn: ByteCount,
    /// How many copies were damaged, of records whose other copy was whole.
    /// They are mended; a disk that does this often should not be trusted.
    pub broken_copies: usize,
}

impl<D: Disk> Guard<D> {
    /// Opens the guard of this key on this network; it is held. If there is no
    /// file, one is begun. What was read is durable when it returns.
    pub fn open(
        mut disk: D,
        genesis: GenesisHash,
        address: Address,
    ) -> Result<(Self, Found), OpenError> {
        let file = disk.read(byte_count(FILE_BYTES_MAX))?;
        let mut guard = Self {
            disk,
            format: Format::new(genesis, address),
            round: None,
            file_bytes: 0,
            unsynced: 0,
            is_held: true,
            is_poisoned: false,
        };
        let Some(file) = file else {
            guard.rewrite()?;
            let found = Found {
                is_new: true,
                torn: ByteCount::default(),
                broken_copies: 0,
            };
            return Ok((guard, found));
        };
        let read = guard.format.read(&file)?;
        let found = Found {
            is_new: false,
            torn: read.torn,
            broken_copies: read.broken_copies,
        };
        guard.round = read.round;
        guard.file_bytes = file.len();
        if read.is_whole {
            // A process that was killed may have left bytes that are in the file
            // and not on the disk.
            guard.disk.sync()?;
        } else {
            guard.rewrite()?;
        }
        Ok((guard, found))
    }

    /// Opens the guard that this file is, whatever its network and key.
    pub fn open_any(mut disk: D) -> Result<(Self, Found), OpenError> {
        let file = disk.read(byte_count(FILE_BYTES_MAX))?;
        let format = Format::of_file(&file.unwrap_or_default())?;
        Self::open(disk, format.genesis(), format.address())
    }

    /// The network that is signed for.
    pub const fn genesis(&self) -> GenesisHash {
        self.format.genesis()
    }

    /// Whose signatures these are.
    pub const fn address(&self) -> Address {
        self.format.address()
    }

    /// The highest place that was signed.
    pub fn watermark(&self) -> Option<Place> {
        self.round.as_ref().map(SignedRound::watermark)
    }

    /// What was signed in the round of the watermark, in order.
    pub fn signed(&self) -> Vec<SignedPlace> {
        let known = self.round.iter().flat_map(SignedRound::iter);
        known
            .map(|(place, known)| SignedPlace {
                height: place.height,
                round: place.round,
                step: place.step,
                signing_root: known.root(),
            })
            .collect()
    }

    /// Signs nothing until it is released.
    pub const fn hold(&mut self) {
        self.is_held = true;
    }

    /// Signs from now on: the node knows how far the chain is.
    pub const fn release(&mut self) {
        self.is_held = false;
    }

    /// Whether it signs nothing for now.
    pub const fn is_held(&self) -> bool {
        self.is_held
    }

    /// Returns a signature over `bytes`, made by `sign` unless it was made
    /// before, and durable by now. Refuses if something else was signed in this
    /// place, or anything in a later one.
    pub fn sign(
        &mut self,
        place: Place,
        bytes: &SignBytes,
        sign: impl FnOnce(&SignBytes) -> Signature,
    ) -> Result<Signature, GuardError> {
        let signature = self.sign_logged(place, bytes, sign)?;
        self.sync()?;
        Ok(signature)
    }

    /// The same for a caller that has it durable in a log of its own what it is
    /// about to sign, and [recalls](Self::recall) what that log holds before it
    /// signs anything after a restart. What is returned is written down, so that
    /// the end of the process loses nothing, and durable after a
    /// [`Self::sync`], or once some more has been signed.
    pub fn sign_logged(
        &mut self,
        place: Place,
        bytes: &SignBytes,
        sign: impl FnOnce(&SignBytes) -> Signature,
    ) -> Result<Signature, GuardError> {
        if self.is_poisoned {
            return Err(GuardError::Poisoned);
        }
        if self.is_held {
            return Err(GuardError::Held);
        }
        let asked = SigningRoot::of(bytes);
        match self.round.as_ref().and_then(|round| round.get(place)) {
            Some(Known::Signed(root, signature)) if root == asked => return Ok(signature),
            // Signed elsewhere; once more is no second thing.
            Some(Known::Root(root)) if root == asked => return Ok(sign(bytes)),
            Some(known) => {
                let signed = known.root();
                return Err(GuardError::Conflict {
                    place,
                    signed,
                    asked,
                });
            }
            None => {}
        }
        if let Some(watermark) = self.watermark().filter(|watermark| place < *watermark) {
            return Err(GuardError::Regression { place, watermark });
        }
        let signature = sign(bytes);
        self.record(place, Known::Signed(asked, signature))?;
        Ok(signature)
    }

    /// Makes durable what was signed.
    pub fn sync(&mut self) -> Result<(), GuardError> {
        if self.is_poisoned {
            return Err(GuardError::Poisoned);
        }
        Ok(self.sync_disk()?)
    }

    /// Takes in what a log says was to be signed in this place, which a loss of
    /// power may have taken from here. Nothing is lowered, and nothing that is
    /// known is changed.
    pub fn recall(&mut self, place: Place, root: SigningRoot) -> Result<(), GuardError> {
        if self.is_poisoned {
            return Err(GuardError::Poisoned);
        }
        if self.watermark().is_none_or(|watermark| place > watermark) {
            self.record(place, Known::Root(root))?;
        }
        Ok(())
    }

    /// What another guard has to know to take the key over. From then on this
    /// one must not sign any more.
    pub fn export(&self) -> Interchange {
        Interchange::new(self.genesis(), self.address(), self.signed())
            .expect("a round has fewer places than an interchange takes")
    }

    /// Takes in what was signed elsewhere with this key. Nothing is lowered.
    pub fn import(&mut self, interchange: &Interchange) -> Result<Imported, ImportError> {
        if self.is_poisoned {
            return Err(ImportError::Poisoned);
        }
        let (found, expected) = (interchange.genesis_hash(), self.genesis());
        if found != expected {
            return Err(ImportError::ForeignGenesis { found, expected });
        }
        let (found, expected) = (interchange.address(), self.address());
        if found != expected {
            return Err(ImportError::ForeignKey { found, expected });
        }
        let before = self.watermark();
        let mut conflicts = Vec::new();
        let mut merged = self.round.clone();
        for signed in interchange.signed() {
            let round = merged.get_or_insert_with(|| SignedRound::with(signed));
            if round.merge(signed) {
                conflicts.push(signed.place());
            }
        }
        if merged != self.round {
            self.round = merged;
            self.rewrite()?;
        }
        conflicts.sort_unstable();
        conflicts.dedup();
        Ok(Imported {
            before,
            after: self.watermark(),
            conflicts,
        })
    }

    /// Writes down that this place, which is above the watermark, is signed.
    fn record(&mut self, place: Place, known: Known) -> Result<(), DiskError> {
        let at = self.file_bytes;
        match &mut self.round {
            Some(round) => round.raise(place, known),
            None => self.round = Some(SignedRound::of(place, known)),
        }
        if at + PAIR > FILE_BYTES_MAX {
            return self.rewrite();
        }
        if self.unsynced == UNSYNCED_COUNT_MAX {
            self.sync_disk()?;
        }
        let pair = self.format.pair(at, place, known);
        self.file_bytes += pair.len();
        self.unsynced += 1;
        let written = self.disk.append(&pair);
        self.is_poisoned |= written.is_err();
        written
    }

    fn sync_disk(&mut self) -> Result<(), DiskError> {
        if self.unsynced == 0 {
            return Ok(());
        }
        self.unsynced = 0;
        let synced = self.disk.sync();
        self.is_poisoned |= synced.is_err();
        synced
    }

    /// Makes durable what is known, and nothing else.
    fn rewrite(&mut self) -> Result<(), DiskError> {
        let file = self.format.file(self.round.as_ref());
        self.file_bytes = file.len();
        self.unsynced = 0;
        let written = self.disk.replace(&file);
        self.is_poisoned |= written.is_err();
        written
    }
}

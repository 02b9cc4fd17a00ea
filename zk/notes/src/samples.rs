//! A pool with money in it, for tests.

use ark_bn254::Fr;
use pyralog_primitives::{GenesisHash, Hash, Height};
use pyralog_zk::transfer::{Note, NoteHashes, Transfer, TransferSecret, Units, holds};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::*;
use crate::number::draw;

pub(crate) const UNTIL: Height = Height::new(100);
pub(crate) const NOW: Height = Height::new(7);

pub(crate) struct World {
    pub(crate) pool: Pool,
    pub(crate) rng: ChaCha8Rng,
}

pub(crate) const fn network(byte: u8) -> GenesisHash {
    GenesisHash::new(Hash::new([byte; 32]))
}

pub(crate) fn wallet(seed: u8) -> Wallet {
    Wallet::new(&WalletSeed::new([seed; 32]))
}

pub(crate) fn order(to: &Wallet, amount: u64, fee: u64) -> SpendOrder {
    SpendOrder {
        to: *to.keys().viewing().address(),
        amount: Units::new(amount),
        fee: Units::new(fee),
        valid_until: UNTIL,
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            pool: Pool::new(network(1)),
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Value that comes in from outside.
    pub(crate) fn fund(&mut self, wallet: &mut Wallet, amount: u64) {
        let to = *wallet.keys().viewing().address();
        let (amount, blinding): (Units, Fr) = (Units::new(amount), draw(&mut self.rng));
        let sealed = EncryptedNote::seal(&to, amount, blinding, &mut self.rng).unwrap();
        let commitment = NoteHashes::default().commitment(&Note {
            owner: to.owner(),
            amount,
            blinding,
        });
        let place = self.pool.deposit(commitment).unwrap();
        wallet.scan_note(commitment, &sealed, place);
    }

    pub(crate) fn spend(&mut self, wallet: &mut Wallet, order: &SpendOrder) -> Proved {
        let spent = wallet.spend(order, &self.pool, &mut self.rng);
        let (shielded, secret) = spent.unwrap();
        Proved {
            public: shielded.on(self.pool.network()),
            shielded,
            secret,
        }
    }

    pub(crate) fn accept(&mut self, proved: &Proved) -> Result<[NotePlace; 2], PoolRefused> {
        let check = |public: &Transfer| proved.proves(public);
        self.pool.accept(&proved.shielded, NOW, check)
    }
}

/// A transfer with what stands for its proof: that the relation holds, and for
/// exactly these public inputs. That constraints bind each of them is shown where
/// they are.
#[derive(Clone)]
pub(crate) struct Proved {
    pub(crate) shielded: Shielded,
    pub(crate) public: Transfer,
    pub(crate) secret: TransferSecret,
}

impl Proved {
    fn proves(&self, public: &Transfer) -> bool {
        *public == self.public && holds(public, &self.secret).is_ok()
    }
}

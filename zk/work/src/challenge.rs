//! A server asks for work before it does any.
//!
//! ```text
//! client ── what do you ask? ──▶ Challenger::issue ──▶ Challenge
//! client: Search over challenge.puzzle(…)
//! client ── request, Solution ──▶ Challenger::accept ──▶ done once, or a Refusal
//! ```
//!
//! The server keeps nothing per challenge. The server nonce is a keyed hash
//! over all that it has asked for, under a secret of its own, so that it knows
//! its own challenges when they come back, and nobody can make one.

use pyralog_primitives::{Domain, DurationMs, GenesisHash, Hash, TimestampMs, WorkNonce};

use crate::puzzle::{NotEnoughWork, Puzzle, RequestParts, Subject};
use crate::replay::{Entry, ReplayCache};
use crate::target::Target;

/// Higher, and more solutions must be remembered at a time, and work can be
/// saved up for a flood; lower than a slow client needs, and it never arrives.
pub const LIFETIME_MAX: DurationMs = DurationMs::new(10 * 60 * 1000);

/// What [`Challenger::accept`] hashes at most, whatever is sent: three
/// compressions to know its own challenge, three for the seed, one for the
/// solution. What is refused earlier costs less.
pub const CHECK_COMPRESSIONS: u32 = 7;

/// What makes a server's challenges its own. Draw it at the start, tell nobody.
pub struct ChallengerSecret([u8; 32]);

impl ChallengerSecret {
    /// The secret from 32 random bytes.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self(seed)
    }
}

/// Who asks: the hash of a peer id or an address, as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Client(Hash);

impl Client {
    /// The client with this hash.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }
}

/// What only the server can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerNonce(Hash);

impl ServerNonce {
    /// The nonce as it came over the wire.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The hash.
    pub const fn get(self) -> Hash {
        self.0
    }
}

/// What a server asks of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The network it is for.
    pub network: GenesisHash,
    /// What only this server can make, over all else that stands here.
    pub server_nonce: ServerNonce,
    /// From here on a solution is refused.
    pub expires: TimestampMs,
    /// How much work is asked for.
    pub target: Target,
}

impl Challenge {
    /// The puzzle of this client for this request.
    pub fn puzzle(&self, client: Client, subject: Subject) -> Puzzle {
        Puzzle::of_request(&RequestParts {
            network: self.network,
            server_nonce: &self.server_nonce.0,
            client: &client.0,
            target: self.target,
            subject,
        })
    }
}

/// What a client sends along with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solution {
    /// The challenge, as it was given.
    pub challenge: Challenge,
    /// What was found.
    pub nonce: WorkNonce,
}

/// Why a solution is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The client was too slow; it must ask for a new challenge.
    #[error("the challenge expired at {expires}, it is {now}; ask for a new one")]
    Expired {
        /// When it expired.
        expires: TimestampMs,
        /// The time.
        now: TimestampMs,
    },
    /// This server did not ask this client for it. The client is to blame,
    /// unless the server was started anew; it may ask for a new challenge.
    #[error("this challenge was not given to this client by this server; ask for a new one")]
    NotIssued,
    /// The client did not do the work.
    #[error(transparent)]
    NotEnoughWork(#[from] NotEnoughWork),
    /// The client sends the same twice.
    #[error("this solution was used; each counts once")]
    Replayed,
    /// Nobody is to blame; the client may come back once others expire.
    #[error(
        "{remembered} solutions are remembered, and there is no room for one more; come back later"
    )]
    NoRoom {
        /// Solutions that have not expired.
        remembered: usize,
    },
}

/// Asks for work, and knows what was done.
pub struct Challenger {
    network: GenesisHash,
    secret: ChallengerSecret,
    lifetime: DurationMs,
    replays: ReplayCache,
}

impl Challenger {
    /// A server that gives clients `lifetime` (at most [`LIFETIME_MAX`]) and
    /// remembers at most `remembered_max` solutions
    /// (at most [`REPLAY_COUNT_MAX`](crate::REPLAY_COUNT_MAX)).
    pub fn new(
        network: GenesisHash,
        secret: ChallengerSecret,
        lifetime: DurationMs,
        remembered_max: usize,
    ) -> Self {
        Self {
            network,
            secret,
            lifetime: lifetime.min(LIFETIME_MAX),
            replays: ReplayCache::new(remembered_max),
        }
    }

    /// Asks `client` for work that meets `target`. The time is the one that
    /// [`Self::accept`] goes by: if the clock went back, the latest ever seen.
    pub fn issue(&self, client: Client, target: Target, now: TimestampMs) -> Challenge {
        let now = self.replays.time(now);
        let expires = TimestampMs::new(now.get().saturating_add(self.lifetime.get()));
        Challenge {
            network: self.network,
            server_nonce: self.nonce(client, expires, target),
            expires,
            target,
        }
    }

    /// Accepts a solution of `client` for `subject`, once.
    pub fn accept(
        &mut self,
        client: Client,
        subject: Subject,
        solution: &Solution,
        now: TimestampMs,
    ) -> Result<(), Refusal> {
        let challenge = &solution.challenge;
        let (now, expires) = (self.replays.advance(now), challenge.expires);
        if expires <= now {
            return Err(Refusal::Expired { expires, now });
        }
        let own = self.nonce(client, expires, challenge.target);
        if challenge.network != self.network || !same(challenge.server_nonce, own) {
            return Err(Refusal::NotIssued);
        }
        let puzzle = challenge.puzzle(client, subject);
        puzzle.check(solution.nonce)?;
        match self.replays.enter(expires, puzzle.seed()) {
            Entry::New => Ok(()),
            Entry::Known => Err(Refusal::Replayed),
            Entry::NoRoom => {
                let remembered = self.replays.len();
                Err(Refusal::NoRoom { remembered })
            }
        }
    }

    fn nonce(&self, client: Client, expires: TimestampMs, target: Target) -> ServerNonce {
        let mut hasher = Domain::WorkChallenge.hasher();
        hasher
            .update(&self.secret.0)
            .update(self.network.get().as_bytes())
            .update(client.0.as_bytes())
            .update(&expires.get().to_le_bytes())
            .update(&target.to_bytes());
        ServerNonce(hasher.finish())
    }
}

/// Compares without telling by the time where the difference is: whoever sends
/// could otherwise find a nonce byte by byte.
fn same(one: ServerNonce, other: ServerNonce) -> bool {
    let pairs = one.0.as_bytes().iter().zip(other.0.as_bytes());
    let difference = pairs.fold(0, |found, (one, other)| found | (one ^ other));
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
mod tests;

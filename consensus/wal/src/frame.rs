//! The format: a header, then frames of records.
//!
//! ```text
//! header = "PYRWAL" ‖ version u16 ‖ height u64 ‖ check
//! frame  = length of the body u32 ‖ check of the head ‖ check of the body ‖ body
//! body   = one or more entries
//! entry  = length u32 ‖ record
//!        | 0xffff_ffff ‖ height u64: this height begins, what was before is over
//! ```
//!
//! Numbers are least significant byte first. A check is the first 8 bytes of a
//! keyed BLAKE3 hash. The key is derived from the header, so that frames of one
//! log are none in another; a head is hashed with its place, so that it is one
//! nowhere else.

use std::ops::Range;

use pyralog_primitives::{ByteCount, Height};

use crate::error::{Damage, OpenError};

/// Lower, and a proposal with its block does not fit; higher, and one record
/// fills the log.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024 + 64 * 1024;
/// Records of one height. Lower, and a validator falls silent in a height of
/// some thousand rounds; higher, and a restart takes long to replay them.
pub const RECORD_COUNT_MAX: usize = 65_536;
/// What one height may write. Lower, and a few large proposals fill the log;
/// higher, and a restart, which reads it into memory, takes memory that the node
/// wants for other things.
pub const LOG_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What earlier heights may have left in the file when another one begins in it.
/// Lower, and the file is replaced more often, for three syncs; higher, and a
/// restart reads more for nothing.
pub(crate) const LEFT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// No file of ours is longer.
pub(crate) const FILE_BYTES_MAX: usize = LEFT_BYTES_MAX + LOG_BYTES_MAX;

/// The format that is written and read here.
pub(crate) const VERSION: u16 = 2;
/// Length of a header.
pub(crate) const HEADER: usize = 6 + 2 + 8 + CHECK;
/// What a frame has besides its body.
pub(crate) const HEAD: usize = LENGTH + 2 * CHECK;
/// What a record has besides its bytes.
pub(crate) const LENGTH: usize = 4;

/// In place of the length of a record: another height begins.
const BEGIN: u32 = u32::MAX;
const MAGIC: &[u8; 6] = b"PYRWAL";
const CHECK: usize = 8;
const CONTEXT: &str = "pyralog 2026-11-30 write-ahead log v2";

type Check = [u8; CHECK];

/// What makes and tests the checks of one log.
#[derive(Clone, Debug)]
pub(crate) struct Checks {
    key: [u8; blake3::KEY_LEN],
}

impl Checks {
    fn of(header: &[u8]) -> Self {
        Self {
            key: blake3::derive_key(CONTEXT, header),
        }
    }

    fn check(&self, parts: &[&[u8]]) -> Check {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(part);
        }
        let hash = hasher.finalize();
        *hash
            .as_bytes()
            .first_chunk()
            .expect("a hash is longer than a check")
    }

    fn of_head(&self, at: usize, length: [u8; LENGTH]) -> Check {
        self.check(&[&as_u64(at).to_le_bytes(), &length])
    }

    fn of_body(&self, head: Check, body: &[u8]) -> Check {
        self.check(&[&head, body])
    }
}

/// The header of a log, and what checks its frames.
pub(crate) fn header(height: Height) -> (Vec<u8>, Checks) {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.extend(height.get().to_le_bytes());
    let checks = Checks::of(&header);
    header.extend(checks.check(&[]));
    (header, checks)
}

/// The first entry of the first frame of another height in the same file.
pub(crate) fn beginning(height: Height) -> Vec<u8> {
    let mut body = BEGIN.to_le_bytes().to_vec();
    body.extend(height.get().to_le_bytes());
    body
}

/// Puts a record behind those of a body.
pub(crate) fn push_record(body: &mut Vec<u8>, record: &[u8]) {
    body.extend(as_u32(record.len()).to_le_bytes());
    body.extend_from_slice(record);
}

/// The frame of a body, at its place in the log.
pub(crate) fn frame(checks: &Checks, at: usize, body: &[u8]) -> Vec<u8> {
    let length = as_u32(body.len()).to_le_bytes();
    let head = checks.of_head(at, length);
    let mut frame = Vec::with_capacity(HEAD + body.len());
    frame.extend(length);
    frame.extend(head);
    frame.extend(checks.of_body(head, body));
    frame.extend_from_slice(body);
    frame
}

/// A log as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) height: Height,
    pub(crate) checks: Checks,
    pub(crate) records: Vec<Vec<u8>>,
    /// Where the first frame of the height begins.
    pub(crate) begin: usize,
    /// Where the last whole frame ends. What is behind it was torn.
    pub(crate) end: usize,
}

/// Reads a log.
pub(crate) fn read(log: &[u8]) -> Result<Found, OpenError> {
    let (height, checks) = read_header(log)?;
    let mut found = Found {
        height,
        checks,
        records: Vec::new(),
        begin: HEADER,
        end: HEADER,
    };
    while found.end < log.len() {
        let at = found.end;
        let Some(body) = whole_frame(&found.checks, log, at) else {
            return match damage(&found.checks, log, at) {
                Some(what) => Err(found.damaged(at, what)),
                None => Ok(found),
            };
        };
        let end = body.end;
        let read = found.take(at, &log[body]);
        read.map_err(|what| found.damaged(at, what))?;
        found.end = end;
    }
    Ok(found)
}

impl Found {
    fn damaged(&self, at: usize, what: Damage) -> OpenError {
        OpenError::Damaged {
            height: self.height,
            at: byte_count(at),
            what,
        }
    }

    /// Takes the entries of the frame at this place.
    fn take(&mut self, at: usize, mut body: &[u8]) -> Result<(), Damage> {
        while !body.is_empty() {
            let (length, rest) = body.split_first_chunk().ok_or(Damage::Senseless)?;
            let length = u32::from_le_bytes(*length);
            body = if length == BEGIN {
                let (height, rest) = rest.split_first_chunk().ok_or(Damage::Senseless)?;
                self.height = Height::new(u64::from_le_bytes(*height));
                self.begin = at;
                self.records.clear();
                rest
            } else {
                let length = usize::try_from(length).ok();
                let split = length.and_then(|length| rest.split_at_checked(length));
                let (record, rest) = split.ok_or(Damage::Senseless)?;
                self.push(record)?;
                rest
            };
        }
        Ok(())
    }

    fn push(&mut self, record: &[u8]) -> Result<(), Damage> {
        if record.len() > RECORD_BYTES_MAX {
            return Err(Damage::Senseless);
        }
        if self.records.len() == RECORD_COUNT_MAX {
            return Err(Damage::TooManyRecords);
        }
        self.records.push(record.to_vec());
        Ok(())
    }
}

fn read_header(log: &[u8]) -> Result<(Height, Checks), OpenError> {
    let Some(rest) = log.strip_prefix(MAGIC) else {
        return Err(OpenError::NotALog);
    };
    let Some((version, rest)) = rest.split_first_chunk() else {
        return Err(OpenError::DamagedHeader);
    };
    let found = u16::from_le_bytes(*version);
    let ours = VERSION;
    // What other formats have behind their number, they alone know.
    match found {
        // There never was one.
        0 => return Err(OpenError::DamagedHeader),
        VERSION => {}
        found if found > ours => return Err(OpenError::Newer { found, ours }),
        found => return Err(OpenError::Older { found, ours }),
    }
    let Some(height) = rest.first_chunk() else {
        return Err(OpenError::DamagedHeader);
    };
    let height = Height::new(u64::from_le_bytes(*height));
    let (expected, checks) = header(height);
    if log.starts_with(&expected) {
        Ok((height, checks))
    } else {
        Err(OpenError::DamagedHeader)
    }
}

/// The end of the frame that a head announces, if there is a head.
fn announced_end(checks: &Checks, log: &[u8], at: usize) -> Option<usize> {
    let head = log.get(at..)?;
    let (length, rest) = head.split_first_chunk::<LENGTH>()?;
    let check = rest.first_chunk::<CHECK>()?;
    let body = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let fits = (LENGTH..=LOG_BYTES_MAX).contains(&body);
    // The cheap test first: this is asked for each byte behind disorder.
    (fits && checks.of_head(at, *length) == *check).then(|| at + HEAD + body)
}

/// Where the body of a frame is, if all of the frame is there.
fn whole_frame(checks: &Checks, log: &[u8], at: usize) -> Option<Range<usize>> {
    let end = announced_end(checks, log, at)?;
    let body = log.get(at + HEAD..end)?;
    let (head, rest) = log[at + LENGTH..].split_first_chunk()?;
    let check = rest.first_chunk::<CHECK>()?;
    (checks.of_body(*head, body) == *check).then_some(at + HEAD..end)
}

/// Why the disorder that begins here cannot be a frame that was being written
/// when the power went; none if it can.
fn damage(checks: &Checks, log: &[u8], at: usize) -> Option<Damage> {
    if let Some(end) = announced_end(checks, log, at)
        && log.len() > end
    {
        let end = byte_count(end);
        return Some(Damage::Longer { end });
    }
    let behind = at + 1..log.len();
    let next = behind
        .into_iter()
        .find(|at| announced_end(checks, log, *at).is_some())?;
    let at = byte_count(next);
    Some(Damage::FrameBehind { at })
}

fn as_u32(length: usize) -> u32 {
    u32::try_from(length).expect("a log is shorter than 4 GiB")
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory fits 64 bits")
}

/// A length as it is shown.
pub(crate) fn byte_count(length: usize) -> ByteCount {
    ByteCount::new(as_u64(length))
}

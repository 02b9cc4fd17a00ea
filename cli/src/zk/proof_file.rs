//! The file of a proof.
//!
//! ```text
//! "PYRZKP" │ version 1 (u16) │ statement (u32) │ the proof, to the end
//! ```
//!
//! Numbers come least significant byte first. The head is not part of what is
//! proved: it only tells one file from another.

use pyralog_zk::stark::AIR_PROOF_BYTES_MAX;
use pyralog_zk::statement::StatementId;

use super::catalog::Known;
use super::refusal::ZkRefusal;

const MAGIC: &[u8] = b"PYRZKP";
const VERSION: u16 = 1;
const HEAD_BYTES: usize = MAGIC.len() + 2 + 4;

/// The longest proof with its head and one byte more, so that one that is too long
/// is refused for that.
pub(crate) const PROOF_FILE_BYTES_MAX: usize = HEAD_BYTES + AIR_PROOF_BYTES_MAX + 1;

/// The file of a proof.
pub(crate) fn write(statement: Known, proof: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + proof.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(statement.id().get().to_le_bytes());
    bytes.extend(proof);
    bytes
}

/// The statement that a file names, and its proof.
pub(crate) fn read<'a>(file: &str, bytes: &'a [u8]) -> Result<(StatementId, &'a [u8]), ZkRefusal> {
    let other = || ZkRefusal::OtherFile {
        file: file.to_owned(),
    };
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(other)?;
    let (version, rest) = rest.split_first_chunk().ok_or_else(other)?;
    let found = u16::from_le_bytes(*version);
    if found != VERSION {
        let file = file.to_owned();
        return Err(ZkRefusal::OtherVersion { file, found });
    }
    let (id, proof) = rest.split_first_chunk().ok_or_else(other)?;
    Ok((StatementId::new(u32::from_le_bytes(*id)), proof))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written_and_others_are_told_apart() {
        let file = write(Known::SealedBid, b"proof");
        let read_back = read("a", &file).unwrap();
        assert_eq!(read_back, (Known::SealedBid.id(), &b"proof"[..]));
        for length in 0..HEAD_BYTES {
            let refused = read("a", &file[..length]);
            assert!(matches!(refused, Err(ZkRefusal::OtherFile { .. })));
        }
        let mut newer = file.clone();
        newer[MAGIC.len()] = 2;
        let refused = read("a", &newer);
        let expected = matches!(refused, Err(ZkRefusal::OtherVersion { found: 2, .. }));
        assert!(expected, "{refused:?}");
        let mut other = file;
        other[0] = b'p';
        assert!(matches!(
            read("a", &other),
            Err(ZkRefusal::OtherFile { .. })
        ));
    }
}

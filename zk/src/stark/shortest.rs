//! For tests of the gate: the fewest bytes that have the form of a proof.

use winterfell::ByteWriter;

use super::gate::StarkError;
use super::reader::Reader;

/// From a proof of the fewest rows: one opened row in each tree, and openings
/// without hashes. The form allows nothing less.
pub(super) fn shortest(proof: &[u8], width: usize) -> Vec<u8> {
    let (count, rows) = (26, 125);
    let mut shortest = proof[..rows].to_vec();
    shortest[count] = 1;
    let mut reader = Reader::new(&proof[rows..]);
    for row in [width * 8, 7 * 24] {
        let bytes = usize::try_from(reader.short().unwrap()).unwrap();
        shortest.write_usize(row);
        shortest.extend(&reader.bytes(bytes).unwrap()[..row]);
        let opening = usize::try_from(reader.short().unwrap()).unwrap();
        let depth = reader.bytes(opening).unwrap()[0];
        shortest.write_usize(3);
        shortest.push(depth);
        // One list, of none.
        shortest.write_usize(1);
        shortest.write_usize(0);
    }
    // No layers at this depth.
    shortest.extend(reader.bytes(reader.left()).unwrap());
    shortest
}

/// These bytes have the form, and are refused for what they say; with any byte
/// less they have not.
pub(super) fn are_the_least(
    shortest: &[u8],
    min: usize,
    verify: impl Fn(&[u8]) -> Result<(), StarkError>,
) {
    assert_eq!(shortest.len(), min);
    let refused = verify(shortest);
    assert!(
        matches!(
            refused,
            Err(StarkError::Unreadable | StarkError::DoesNotHold)
        ),
        "{refused:?}"
    );
    for place in 0..shortest.len() {
        let mut shorter = shortest.to_vec();
        shorter.remove(place);
        let refused = verify(&shorter);
        assert!(matches!(refused, Err(StarkError::Malformed(_))), "{place}");
    }
}

use super::*;

fn key<R: Rows>(key: &R::Key<'_>) -> Vec<u8> {
    let mut row = Vec::new();
    key.write(&mut row);
    row
}

fn value<R: Rows>(value: &R::Value<'_>) -> Vec<u8> {
    let mut row = Vec::new();
    value.write(&mut row);
    row
}

fn hash(byte: u8) -> Hash {
    Hash::new([byte; 32])
}

#[test]
fn later_heights_come_later() {
    let heights = [0, 1, 255, 256, 65_536, u64::MAX].map(Height::new);
    assert!(heights.is_sorted_by(|one, next| key::<Blocks>(one) < key::<Blocks>(next)));
}

#[test]
fn keys_are_read_as_written() {
    let height = Height::new(7);
    let events = EventKey {
        term: Term::from_bytes([9; 16]),
        height,
    };
    assert_eq!(EventKey::read(&key::<Events>(&events)), Ok(events));
    let version = VersionKey {
        row: StateRow(b"row"),
        height,
    };
    assert_eq!(VersionKey::read(&key::<Versions>(&version)), Ok(version));
    let id = TransactionId::new(hash(3));
    assert_eq!(TransactionId::read(&key::<Transactions>(&id)), Ok(id));
    assert!(MetaKey::read(&key::<Meta>(&MetaKey)).is_ok());
}

#[test]
fn values_are_read_as_written() {
    let place = TransactionPlace {
        height: Height::new(1 << 40),
        position: 70_000,
    };
    assert_eq!(
        TransactionPlace::read(&value::<Transactions>(&place)),
        Ok(place)
    );
    for before in [Before(None), Before(Some(b"")), Before(Some(b"x"))] {
        assert_eq!(Before::read(&value::<Versions>(&before)), Ok(before));
    }
    let root = RootRow {
        block: BlockId::new(hash(1)),
        root: StateRoot::new(hash(2)),
    };
    assert_eq!(RootRow::read(&value::<Roots>(&root)), Ok(root));
    let standing = Standing::new(pyralog_primitives::GenesisHash::new(hash(4)));
    assert_eq!(Standing::read(&value::<Meta>(&standing)), Ok(standing));
}

#[test]
fn versions_of_one_key_never_lie_among_those_of_another() {
    // The second row continues the first one with what could be a height.
    let (short, long) = (StateRow(b"a"), StateRow(b"a\0\0\0\0\0\0\0\x05"));
    let at = |row, height| {
        let height = Height::new(height);
        key::<Versions>(&VersionKey { row, height })
    };
    let (low, high) = (at(short, 0), at(short, u64::MAX));
    assert!((0..9).all(|height| at(long, height) > high || at(long, height) < low));
}

#[test]
fn changed_rows_are_read_as_joined() {
    let rows = [&b""[..], b"a", b"abc"].map(StateRow);
    let joined = ChangedRows::join(rows.into_iter());
    let read: Result<Vec<_>, _> = ChangedRows::joined(&joined).iter().collect();
    assert_eq!(read, Ok(rows.to_vec()));
    let cut = ChangedRows::joined(&joined[..joined.len() - 1]);
    assert!(cut.iter().any(|row| row == Err(Damage::Length)));
}

#[test]
fn what_no_writer_wrote_is_damage() {
    assert_eq!(Before::read(b""), Err(Damage::Length));
    assert_eq!(Before::read(b"\0x"), Err(Damage::Meaning));
    assert_eq!(Before::read(b"\x02"), Err(Damage::Meaning));
    assert_eq!(RootRow::read(&[0; 63]), Err(Damage::Length));
    assert_eq!(read_height(&[0; 9]), Err(Damage::Length));
    assert_eq!(TransactionPlace::read(&[0; 3]), Err(Damage::Length));
    assert!(EventKey::read(&[0; 15]).is_err());
    assert!(Standing::read(&[1, 2, 3]).is_err());
}

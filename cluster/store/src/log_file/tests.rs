use super::*;

/// Writes records as the engine does.
fn log(records: &[usize]) -> (Vec<u8>, Vec<u64>) {
    let (mut log, mut ends) = (Vec::new(), vec![0]);
    for length in records {
        let record = vec![0xa5; *length];
        let (mut rest, mut is_first) = (record.as_slice(), true);
        loop {
            let room = BLOCK - log.len() % BLOCK;
            if room < HEADER {
                log.resize(log.len() + room, 0);
                continue;
            }
            let (now, later) = rest.split_at(rest.len().min(room - HEADER));
            let kind = match (is_first, later.is_empty()) {
                (true, true) => 1,
                (true, false) => 2,
                (false, false) => 3,
                (false, true) => 4,
            };
            let checked = [&[kind], now].concat();
            log.extend_from_slice(&masked_crc32c(&checked).to_le_bytes());
            log.extend_from_slice(&u16::try_from(now.len()).unwrap().to_le_bytes());
            log.extend_from_slice(&checked);
            (rest, is_first) = (later, false);
            if rest.is_empty() {
                break;
            }
        }
        ends.push(log.len() as u64);
    }
    (log, ends)
}

fn check(log: &[u8]) -> LogCheck {
    super::check(log).unwrap()
}

const RECORDS: [usize; 8] = [0, 10, 40_000, BLOCK - 500, 480, 5, 100_000, 300];

#[test]
fn what_was_written_is_in_order() {
    let (log, ends) = log(&RECORDS);
    let valid = *ends.last().unwrap();
    assert_eq!(
        check(&log),
        LogCheck {
            valid,
            disorder: None
        }
    );
    assert_eq!(
        check(&[]),
        LogCheck {
            valid: 0,
            disorder: None
        }
    );
}

#[test]
fn a_log_that_ends_early_is_valid_up_to_its_last_whole_record() {
    let (log, ends) = log(&RECORDS);
    for cut in (0..log.len()).step_by(101) {
        let found = check(&log[..cut]);
        let whole = ends.iter().rev().find(|end| **end <= cut as u64);
        assert_eq!(Some(&found.valid), whole, "{cut}");
        assert!(
            found
                .disorder
                .is_none_or(|disorder| disorder.followed_by == 0)
        );
    }
}

#[test]
fn a_changed_byte_is_found_where_it_is() {
    let (log, ends) = log(&RECORDS);
    for place in (0..log.len()).step_by(97).chain(0..40) {
        let mut changed = log.clone();
        changed[place] ^= 0x04;
        let found = check(&changed);
        let whole = ends.iter().rev().find(|end| **end <= place as u64).unwrap();
        let is_filler = BLOCK - place % BLOCK < HEADER && found.disorder.is_none();
        assert!(is_filler || found.valid == *whole, "{place}");
        assert!(is_filler || found.disorder.is_some(), "{place}");
    }
}

#[test]
fn whole_records_behind_disorder_are_seen() {
    let (log, ends) = log(&[100, 300, 100, 40_000, 100]);
    let last = *ends.iter().rev().nth(1).unwrap();
    for place in (0..600).chain((600..last).step_by(97)) {
        let mut changed = log.clone();
        changed[usize::try_from(place).unwrap()] ^= 1;
        let disorder = check(&changed).disorder.unwrap();
        assert!(disorder.followed_by > 0, "{place}: {disorder:?}");
    }
    for cut in (0..600).chain((600..log.len()).step_by(97)) {
        let disorder = check(&log[..cut]).disorder;
        assert!(
            disorder.is_none_or(|disorder| disorder.followed_by == 0),
            "{cut}"
        );
    }
}

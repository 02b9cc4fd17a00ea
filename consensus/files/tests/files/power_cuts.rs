//! Losses of power in a recorded life of a file.

use pyralog_crashes::{Mark, Recording, Scratch, Seed};
use pyralog_disk::Disk;
use pyralog_files::FileDisk;
use pyralog_primitives::ByteCount;

const MAX: ByteCount = ByteCount::new(1 << 20);
const IMAGES: usize = 600;

/// What is durable after so many marks.
type Durable = Vec<Option<Vec<u8>>>;

/// Writes a life, and says after each step what no crash may take.
fn live(disk: &mut FileDisk, mut mark: impl FnMut()) -> Durable {
    let mut durable = vec![None];
    let mut content = Vec::new();
    for height in 0..6u8 {
        content = vec![height; 700];
        disk.replace(&content).unwrap();
        durable.push(Some(content.clone()));
        mark();
        for record in 0..4u8 {
            let bytes = vec![0x80 | record; 900];
            disk.append(&bytes).unwrap();
            disk.sync().unwrap();
            content.extend(bytes);
            durable.push(Some(content.clone()));
            mark();
        }
    }
    disk.truncate(ByteCount::new(1_000)).unwrap();
    disk.sync().unwrap();
    content.truncate(1_000);
    durable.push(Some(content));
    mark();
    durable
}

#[test]
fn a_power_cut_leaves_what_was_durable_or_what_was_being_written() {
    let (scratch, after) = (Scratch::new().unwrap(), Scratch::new().unwrap());
    let mut disk = FileDisk::open(&scratch.path().join("log")).unwrap();
    let recording = Recording::of(scratch.path()).unwrap();
    let mut marks = 0;
    let durable = live(&mut disk, || {
        marks += 1;
        recording.mark(Mark::new(marks));
    });
    let journal = recording.finish().unwrap();
    for image in journal.crashes(IMAGES, Seed::new(1)) {
        after.clear().unwrap();
        image.write_to(after.path()).unwrap();
        let found = FileDisk::open(&after.path().join("log"))
            .unwrap()
            .read(MAX)
            .unwrap();
        let last = usize::try_from(image.last_mark().map_or(0, Mark::get)).unwrap();
        let (kept, next) = (&durable[last], durable.get(last + 1));
        let is_kept = match (kept, &found) {
            (None, None) => true,
            // Behind what is durable there may be what was being appended.
            (Some(kept), Some(found)) => found.starts_with(kept),
            _ => false,
        };
        assert!(is_kept || next == Some(&found), "{image}");
    }
}

//! What each file call means for the journal.
//!
//! Each function carries out the real operation by `run`, with the recorder
//! locked if it concerns a watched file, and without any lock if it does not:
//! a write to a pipe may take for ever.

use std::ffi::c_int;
use std::sync::Arc;

use crate::operation::{NodeId, Operation};
use crate::recorder::{Found, Spelling, Watch};
use crate::state::Durable;
use crate::symbols::kernel::{self, Answer, Errno, Follow, Status};

/// Where a write goes.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// Where the descriptor's position is.
    Position,
    At(i64),
}

/// A write of any kind; `gather` gives the first so many bytes of it.
pub(crate) fn write(
    descriptor: c_int,
    place: Place,
    asks_sync: bool,
    gather: impl FnOnce(usize) -> Arc<[u8]>,
    run: impl FnOnce() -> Answer,
) -> Answer {
    let Some((mut watch, file, before)) = watched(descriptor) else {
        return run();
    };
    let flags = kernel::flags(descriptor);
    let answer = run()?;
    let Ok(length @ 1..) = usize::try_from(answer) else {
        return Ok(answer);
    };
    let offset = match place {
        // Linux appends there whatever the offset says.
        Place::At(_) if flags & libc::O_APPEND != 0 => before.length,
        Place::At(offset) => offset,
        Place::Position => kernel::position(descriptor) - answer,
    };
    let offset = u64::try_from(offset).unwrap_or(0);
    let bytes = gather(length);
    watch.push(Operation::Write {
        file,
        offset,
        bytes,
    });
    // `O_SYNC` contains the bit of `O_DSYNC`.
    if asks_sync || flags & libc::O_DSYNC != 0 {
        watch.push(Operation::Sync(file));
    }
    Ok(answer)
}

/// `fsync` and `fdatasync`, of files and folders.
pub(crate) fn sync(descriptor: c_int, run: impl FnOnce() -> Answer) -> Answer {
    let Some((mut watch, node, _)) = watched(descriptor) else {
        return run();
    };
    let answer = run()?;
    watch.push(Operation::Sync(node));
    Ok(answer)
}

/// `sync`, and `syncfs` of a descriptor.
pub(crate) fn sync_all(descriptor: Option<c_int>, run: impl FnOnce() -> Answer) -> Answer {
    let Some(mut watch) = Watch::enter() else {
        return run();
    };
    let concerns_us = descriptor.is_none_or(|descriptor| {
        let found = watch.descriptor(descriptor);
        found.is_some_and(|found| watch.is_on(found.status.inode.device))
    });
    if !concerns_us {
        drop(watch);
        return run();
    }
    let answer = run()?;
    watch.push(Operation::SyncAll);
    Ok(answer)
}

/// `ftruncate`.
pub(crate) fn resize(descriptor: c_int, length: i64, run: impl FnOnce() -> Answer) -> Answer {
    let Some((watch, file, _)) = watched(descriptor) else {
        return run();
    };
    resize_watched(watch, file, length, run)
}

/// `truncate`.
pub(crate) fn resize_path(path: Spelling<'_>, length: i64, run: impl FnOnce() -> Answer) -> Answer {
    let Some(mut watch) = Watch::enter() else {
        return run();
    };
    let Some(file) = watch.path(path, Follow::Links).and_then(|found| found.node) else {
        drop(watch);
        return run();
    };
    resize_watched(watch, file, length, run)
}

fn resize_watched(
    mut watch: Watch,
    file: NodeId,
    length: i64,
    run: impl FnOnce() -> Answer,
) -> Answer {
    let answer = run()?;
    let length = u64::try_from(length).unwrap_or(0);
    watch.push(Operation::Resize { file, length });
    Ok(answer)
}

/// `fallocate`. What moves the bytes behind it is refused, as by most file
/// systems.
pub(crate) fn allocate(
    descriptor: c_int,
    mode: c_int,
    offset: i64,
    length: i64,
    run: impl FnOnce() -> Answer,
) -> Answer {
    let Some((mut watch, file, before)) = watched(descriptor) else {
        return run();
    };
    let zeroes = mode & (libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_ZERO_RANGE) != 0;
    let lengthens = mode & libc::FALLOC_FL_KEEP_SIZE == 0;
    let known = libc::FALLOC_FL_KEEP_SIZE | libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_ZERO_RANGE;
    if mode & !known != 0 {
        return Err(Errno(libc::EOPNOTSUPP));
    }
    let answer = run()?;
    let offset = u64::try_from(offset).unwrap_or(0);
    let length = u64::try_from(length).unwrap_or(0);
    if zeroes {
        watch.push(Operation::Clear {
            file,
            offset,
            length,
        });
    }
    let end = offset + length;
    if lengthens && end > u64::try_from(before.length).unwrap_or(0) {
        watch.push(Operation::Extend { file, length: end });
    }
    Ok(answer)
}

/// `open` and its family.
pub(crate) fn open(path: Spelling<'_>, flags: c_int, run: impl FnOnce() -> Answer) -> Answer {
    let nameless = flags & libc::O_TMPFILE == libc::O_TMPFILE;
    if flags & (libc::O_CREAT | libc::O_TRUNC) == 0 && !nameless {
        return run();
    }
    let Some(mut watch) = Watch::enter() else {
        return run();
    };
    let there = watch.path(path, Follow::Links);
    let spot = watch.spot(path);
    let ours = there.is_some_and(|found| found.node.is_some());
    if !ours && spot.is_none() {
        drop(watch);
        return run();
    }
    let descriptor = run()?;
    match there.and_then(|found| found.node) {
        Some(_) if nameless => {
            born(&mut watch, descriptor);
        }
        Some(file) if flags & libc::O_TRUNC != 0 => {
            watch.push(Operation::Resize { file, length: 0 });
        }
        None if there.is_none() => {
            let file = born(&mut watch, descriptor);
            let change = spot.map(|spot| spot.leads_to(file));
            watch.push(Operation::Names(change.into_iter().collect()));
        }
        _ => {}
    }
    Ok(descriptor)
}

fn born(watch: &mut Watch, descriptor: i64) -> Option<NodeId> {
    let descriptor = c_int::try_from(descriptor).ok()?;
    let inode = watch.descriptor(descriptor)?.status.inode;
    Some(watch.adopt(inode, Durable::empty_file()))
}

/// `mkdir` and `mkdirat`.
pub(crate) fn make_folder(path: Spelling<'_>, run: impl FnOnce() -> Answer) -> Answer {
    let Some(mut watch) = Watch::enter() else {
        return run();
    };
    let Some(spot) = watch.spot(path) else {
        drop(watch);
        return run();
    };
    let answer = run()?;
    if let Some(found) = watch.path(path, Follow::Nothing) {
        let folder = watch.adopt(found.status.inode, Durable::empty_folder());
        watch.push(Operation::Names(vec![spot.leads_to(Some(folder))]));
    }
    Ok(answer)
}

/// `unlink`, `rmdir`, `unlinkat`.
pub(crate) fn unlink(path: Spelling<'_>, run: impl FnOnce() -> Answer) -> Answer {
    let Some(mut watch) = Watch::enter() else {
        return run();
    };
    let Some(spot) = watch.spot(path) else {
        drop(watch);
        return run();
    };
    let before = watch.path(path, Follow::Nothing);
    let answer = run()?;
    watch.push(Operation::Names(vec![spot.leads_to(None)]));
    lost_a_name(&mut watch, before);
    Ok(answer)
}

fn lost_a_name(watch: &mut Watch, before: Option<Found>) {
    if let Some(Found { status, .. }) = before
        && (status.is_folder || status.is_last_name)
    {
        watch.forget(status.inode);
    }
}

/// `rename`, `renameat`, `renameat2`. The watched directory is a file system
/// of its own here: nothing moves in or out.
pub(crate) fn rename(
    from: Spelling<'_>,
    to: Spelling<'_>,
    flags: libc::c_uint,
    run: impl FnOnce() -> Answer,
) -> Answer {
    let Some(mut watch) = Watch::enter() else {
        return run();
    };
    let (old_spot, new_spot) = match (watch.spot(from), watch.spot(to)) {
        (Some(old), Some(new)) => (old, new),
        (None, None) => {
            drop(watch);
            return run();
        }
        _ => return Err(Errno(libc::EXDEV)),
    };
    if flags & libc::RENAME_WHITEOUT != 0 {
        return Err(Errno(libc::EINVAL));
    }
    let moved = watch.path(from, Follow::Nothing);
    let replaced = watch.path(to, Follow::Nothing);
    let answer = run()?;
    let same = |found: Option<Found>| found.map(|found| found.status.inode);
    if same(moved) == same(replaced) {
        return Ok(answer); // Two names of one file: POSIX leaves both.
    }
    let node = |found: Option<Found>| found.and_then(|found| found.node);
    let exchange = flags & libc::RENAME_EXCHANGE != 0;
    watch.push(Operation::Names(vec![
        old_spot.leads_to(node(replaced).filter(|_| exchange)),
        new_spot.leads_to(node(moved)),
    ]));
    if !exchange {
        lost_a_name(&mut watch, replaced);
    }
    Ok(answer)
}

/// `link` and `linkat`.
pub(crate) fn link(
    from: Spelling<'_>,
    to: Spelling<'_>,
    follow: Follow,
    run: impl FnOnce() -> Answer,
) -> Answer {
    let Some(mut watch) = Watch::enter() else {
        return run();
    };
    let node = watch.path(from, follow).and_then(|found| found.node);
    match (node, watch.spot(to)) {
        (Some(node), Some(spot)) => {
            let answer = run()?;
            watch.push(Operation::Names(vec![spot.leads_to(Some(node))]));
            Ok(answer)
        }
        (None, None) => {
            drop(watch);
            run()
        }
        _ => Err(Errno(libc::EXDEV)),
    }
}

/// `symlink` and `symlinkat`, which the watched directory does not know.
pub(crate) fn symlink(to: Spelling<'_>, run: impl FnOnce() -> Answer) -> Answer {
    let spot = Watch::enter().and_then(|mut watch| watch.spot(to));
    match spot {
        Some(_) => Err(Errno(libc::EPERM)),
        None => run(),
    }
}

/// Calls that would write behind the journal's back: `refusal` makes callers
/// fall back to `write`.
pub(crate) fn refuse(descriptor: c_int, refusal: c_int, run: impl FnOnce() -> Answer) -> Answer {
    match watched(descriptor) {
        Some(_) => Err(Errno(refusal)),
        None => run(),
    }
}

fn watched(descriptor: c_int) -> Option<(Watch, NodeId, Status)> {
    let mut watch = Watch::enter()?;
    let (node, status) = watch.ours(descriptor)?;
    Some((watch, node, status))
}

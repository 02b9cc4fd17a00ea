//! The C library's file functions, defined once more.
//!
//! A linker takes a function from the program itself before it looks into
//! shared libraries, so these are what Rust's `std` and linked C++ code call.
//! Each makes the real system call, within what [`calls`] does around it.
//!
//! # Safety
//!
//! Every function here has the contract of the C function it is named for, and
//! passes it on to the kernel: pointers are only read where the kernel, given
//! the same pointers and lengths, had success reading. `open` and `openat` are
//! variadic in C and have fixed arguments here. On 64-bit x86 and ARM both are
//! passed in the same registers; where a caller gives no mode, it is garbage
//! that the kernel ignores.

use std::ffi::CStr;
use std::sync::Arc;

use libc::{
    AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, c_char, c_int, c_long, c_uint, c_void, iovec,
    mode_t, off_t, size_t, ssize_t,
};

use crate::calls::{self, Place};
use crate::recorder::Spelling;
use kernel::{Answer, Errno, Follow, call, copied, returned, word};

pub(crate) mod kernel;

/// Defines each function under all of its names, and a table of them.
macro_rules! symbols {
    ($( fn [$($name:ident),+] $arguments:tt -> $answer:ty $body:block )*) => {
        $( $(
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name $arguments -> $answer $body
        )+ )*

        /// Whoever refers to it has all of the functions linked in.
        static ALL: &[Symbol] = &[ $( $( Symbol($name as *const ()), )+ )* ];
    };
}

/// The address of a function.
struct Symbol(*const ());

// SAFETY: the addresses are only compared with null, never followed.
unsafe impl Sync for Symbol {}

/// How many functions stand in for the C library's. A recording asks, so that
/// the linker cannot leave any of them out.
pub(crate) fn count() -> usize {
    let all = std::hint::black_box(ALL);
    all.iter().filter(|symbol| !symbol.0.is_null()).count()
}

symbols! {
    fn [open, open64](path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
        // SAFETY: the contract of `open`.
        unsafe { opened(AT_FDCWD, path, flags, mode) }
    }

    fn [openat, openat64](folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
        // SAFETY: the contract of `openat`.
        unsafe { opened(folder, path, flags, mode) }
    }

    // What `open` becomes in C code compiled with `_FORTIFY_SOURCE`.
    fn [__open_2, __open64_2](path: *const c_char, flags: c_int) -> c_int {
        // SAFETY: the contract of `open` without a mode.
        unsafe { opened(AT_FDCWD, path, flags, 0) }
    }

    fn [__openat_2, __openat64_2](folder: c_int, path: *const c_char, flags: c_int) -> c_int {
        // SAFETY: the contract of `openat` without a mode.
        unsafe { opened(folder, path, flags, 0) }
    }

    fn [creat, creat64](path: *const c_char, mode: mode_t) -> c_int {
        // SAFETY: the contract of `creat`, which is this `open`.
        unsafe { opened(AT_FDCWD, path, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, mode) }
    }

    fn [write](descriptor: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
        let arguments = [long(descriptor), word(bytes), size(length), 0, 0, 0];
        // SAFETY: the contract of `write`.
        let run = || unsafe { call(libc::SYS_write, arguments) };
        // SAFETY: the kernel has read so many bytes there.
        let gather = |done| unsafe { Arc::from(copied(bytes, done)) };
        transferred(calls::write(descriptor, Place::Position, false, gather, run))
    }

    fn [pwrite, pwrite64](
        descriptor: c_int, bytes: *const c_void, length: size_t, offset: off_t
    ) -> ssize_t {
        let arguments = [long(descriptor), word(bytes), size(length), offset, 0, 0];
        // SAFETY: the contract of `pwrite`.
        let run = || unsafe { call(libc::SYS_pwrite64, arguments) };
        // SAFETY: the kernel has read so many bytes there.
        let gather = |done| unsafe { Arc::from(copied(bytes, done)) };
        transferred(calls::write(descriptor, Place::At(offset), false, gather, run))
    }

    fn [writev](descriptor: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
        let arguments = [long(descriptor), word(pieces), long(count), 0, 0, 0];
        // SAFETY: the contract of `writev`.
        let run = || unsafe { call(libc::SYS_writev, arguments) };
        // SAFETY: the kernel has read these pieces.
        let gather = |done| unsafe { gathered(pieces, count, done) };
        transferred(calls::write(descriptor, Place::Position, false, gather, run))
    }

    fn [pwritev, pwritev64](
        descriptor: c_int, pieces: *const iovec, count: c_int, offset: off_t
    ) -> ssize_t {
        // The offset's upper half is an argument of its own that 64-bit
        // kernels ignore.
        let arguments = [long(descriptor), word(pieces), long(count), offset, 0, 0];
        // SAFETY: the contract of `pwritev`.
        let run = || unsafe { call(libc::SYS_pwritev, arguments) };
        // SAFETY: the kernel has read these pieces.
        let gather = |done| unsafe { gathered(pieces, count, done) };
        transferred(calls::write(descriptor, Place::At(offset), false, gather, run))
    }

    fn [pwritev2, pwritev64v2](
        descriptor: c_int, pieces: *const iovec, count: c_int, offset: off_t, flags: c_int
    ) -> ssize_t {
        let arguments = [long(descriptor), word(pieces), long(count), offset, 0, long(flags)];
        // SAFETY: the contract of `pwritev2`.
        let run = || unsafe { call(libc::SYS_pwritev2, arguments) };
        // SAFETY: the kernel has read these pieces.
        let gather = |done| unsafe { gathered(pieces, count, done) };
        let place = if offset == -1 { Place::Position } else { Place::At(offset) };
        let asks_sync = flags & (libc::RWF_SYNC | libc::RWF_DSYNC) != 0;
        if flags & libc::RWF_APPEND != 0 {
            return transferred(calls::refuse(descriptor, libc::EOPNOTSUPP, run));
        }
        transferred(calls::write(descriptor, place, asks_sync, gather, run))
    }

    fn [fsync](descriptor: c_int) -> c_int {
        // SAFETY: the call takes a number.
        let run = || unsafe { call(libc::SYS_fsync, [long(descriptor), 0, 0, 0, 0, 0]) };
        number(calls::sync(descriptor, run))
    }

    fn [fdatasync](descriptor: c_int) -> c_int {
        // SAFETY: the call takes a number.
        let run = || unsafe { call(libc::SYS_fdatasync, [long(descriptor), 0, 0, 0, 0, 0]) };
        number(calls::sync(descriptor, run))
    }

    fn [syncfs](descriptor: c_int) -> c_int {
        // SAFETY: the call takes a number.
        let run = || unsafe { call(libc::SYS_syncfs, [long(descriptor), 0, 0, 0, 0, 0]) };
        number(calls::sync_all(Some(descriptor), run))
    }

    fn [sync]() -> () {
        // SAFETY: the call takes nothing, and it never fails.
        let run = || unsafe { call(libc::SYS_sync, [0; 6]) };
        number(calls::sync_all(None, run));
    }

    fn [ftruncate, ftruncate64](descriptor: c_int, length: off_t) -> c_int {
        let arguments = [long(descriptor), length, 0, 0, 0, 0];
        // SAFETY: the call takes numbers.
        let run = || unsafe { call(libc::SYS_ftruncate, arguments) };
        number(calls::resize(descriptor, length, run))
    }

    fn [truncate, truncate64](path: *const c_char, length: off_t) -> c_int {
        let arguments = [word(path), length, 0, 0, 0, 0];
        // SAFETY: the contract of `truncate`.
        let run = || unsafe { call(libc::SYS_truncate, arguments) };
        // SAFETY: the contract of `truncate`.
        let path = unsafe { spelling(AT_FDCWD, path) };
        number(path.and_then(|path| calls::resize_path(path, length, run)))
    }

    fn [fallocate, fallocate64](descriptor: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
        number(allocated(descriptor, mode, offset, length))
    }

    // Gives the error itself. The C library writes zeros where the file system
    // cannot allocate; here that is an error.
    fn [posix_fallocate, posix_fallocate64](descriptor: c_int, offset: off_t, length: off_t) -> c_int {
        allocated(descriptor, 0, offset, length).map_or_else(|Errno(code)| code, |_| 0)
    }

    fn [mkdir](path: *const c_char, mode: mode_t) -> c_int {
        // SAFETY: the contract of `mkdir`.
        unsafe { folder_made(AT_FDCWD, path, mode) }
    }

    fn [mkdirat](folder: c_int, path: *const c_char, mode: mode_t) -> c_int {
        // SAFETY: the contract of `mkdirat`.
        unsafe { folder_made(folder, path, mode) }
    }

    fn [unlink](path: *const c_char) -> c_int {
        // SAFETY: the contract of `unlink`.
        number(unsafe { unlinked(AT_FDCWD, path, 0) })
    }

    fn [rmdir](path: *const c_char) -> c_int {
        // SAFETY: the contract of `rmdir`.
        number(unsafe { unlinked(AT_FDCWD, path, AT_REMOVEDIR) })
    }

    fn [unlinkat](folder: c_int, path: *const c_char, flags: c_int) -> c_int {
        // SAFETY: the contract of `unlinkat`.
        number(unsafe { unlinked(folder, path, flags) })
    }

    fn [remove](path: *const c_char) -> c_int {
        // SAFETY: the contract of `remove`, which is one of these two.
        number(unsafe {
            match unlinked(AT_FDCWD, path, 0) {
                Err(Errno(libc::EISDIR)) => unlinked(AT_FDCWD, path, AT_REMOVEDIR),
                answer => answer,
            }
        })
    }

    fn [rename](from: *const c_char, to: *const c_char) -> c_int {
        // SAFETY: the contract of `rename`.
        unsafe { renamed([AT_FDCWD, AT_FDCWD], from, to, 0) }
    }

    fn [renameat](old: c_int, from: *const c_char, new: c_int, to: *const c_char) -> c_int {
        // SAFETY: the contract of `renameat`.
        unsafe { renamed([old, new], from, to, 0) }
    }

    fn [renameat2](
        old: c_int, from: *const c_char, new: c_int, to: *const c_char, flags: c_uint
    ) -> c_int {
        // SAFETY: the contract of `renameat2`.
        unsafe { renamed([old, new], from, to, flags) }
    }

    fn [link](from: *const c_char, to: *const c_char) -> c_int {
        // SAFETY: the contract of `link`.
        unsafe { linked([AT_FDCWD, AT_FDCWD], from, to, 0) }
    }

    fn [linkat](old: c_int, from: *const c_char, new: c_int, to: *const c_char, flags: c_int) -> c_int {
        // SAFETY: the contract of `linkat`.
        unsafe { linked([old, new], from, to, flags) }
    }

    fn [symlink](target: *const c_char, path: *const c_char) -> c_int {
        // SAFETY: the contract of `symlink`.
        unsafe { symlinked(target, AT_FDCWD, path) }
    }

    fn [symlinkat](target: *const c_char, folder: c_int, path: *const c_char) -> c_int {
        // SAFETY: the contract of `symlinkat`.
        unsafe { symlinked(target, folder, path) }
    }

    fn [mmap, mmap64](
        address: *mut c_void, length: size_t, access: c_int, flags: c_int, descriptor: c_int,
        offset: off_t
    ) -> *mut c_void {
        let arguments = [
            word(address), size(length), long(access), long(flags), long(descriptor), offset,
        ];
        // SAFETY: the contract of `mmap`.
        let run = || unsafe { call(libc::SYS_mmap, arguments) };
        // `MAP_SHARED_VALIDATE` contains the bit of `MAP_SHARED`.
        let writes = access & libc::PROT_WRITE != 0
            && flags & libc::MAP_SHARED != 0
            && flags & libc::MAP_ANONYMOUS == 0;
        let answer = if writes { calls::refuse(descriptor, libc::ENODEV, run) } else { run() };
        let address = isize::try_from(returned(answer)).unwrap_or(-1);
        std::ptr::with_exposed_provenance_mut(address.cast_unsigned())
    }

    fn [copy_file_range](
        from: c_int, from_at: *mut off_t, to: c_int, to_at: *mut off_t, length: size_t, flags: c_uint
    ) -> ssize_t {
        let arguments = [
            long(from), word(from_at), long(to), word(to_at), size(length), c_long::from(flags),
        ];
        // SAFETY: the contract of `copy_file_range`.
        let run = || unsafe { call(libc::SYS_copy_file_range, arguments) };
        transferred(calls::refuse(to, libc::EXDEV, run))
    }

    fn [sendfile, sendfile64](
        to: c_int, from: c_int, from_at: *mut off_t, length: size_t
    ) -> ssize_t {
        let arguments = [long(to), long(from), word(from_at), size(length), 0, 0];
        // SAFETY: the contract of `sendfile`.
        let run = || unsafe { call(libc::SYS_sendfile, arguments) };
        transferred(calls::refuse(to, libc::EINVAL, run))
    }

    fn [splice](
        from: c_int, from_at: *mut off_t, to: c_int, to_at: *mut off_t, length: size_t, flags: c_uint
    ) -> ssize_t {
        let arguments = [
            long(from), word(from_at), long(to), word(to_at), size(length), c_long::from(flags),
        ];
        // SAFETY: the contract of `splice`.
        let run = || unsafe { call(libc::SYS_splice, arguments) };
        transferred(calls::refuse(to, libc::EINVAL, run))
    }
}

// SAFETY of the functions below: each has the contract of the C function that
// it serves, and hands the same arguments to the kernel.

unsafe fn opened(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let arguments = [
        long(folder),
        word(path),
        long(flags),
        c_long::from(mode),
        0,
        0,
    ];
    // SAFETY: as above.
    let run = || unsafe { call(libc::SYS_openat, arguments) };
    // SAFETY: as above.
    let path = unsafe { spelling(folder, path) };
    number(path.and_then(|path| calls::open(path, flags, run)))
}

fn allocated(descriptor: c_int, mode: c_int, offset: off_t, length: off_t) -> Answer {
    let arguments = [long(descriptor), long(mode), offset, length, 0, 0];
    // SAFETY: the call takes numbers.
    let run = || unsafe { call(libc::SYS_fallocate, arguments) };
    calls::allocate(descriptor, mode, offset, length, run)
}

unsafe fn folder_made(folder: c_int, path: *const c_char, mode: mode_t) -> c_int {
    let arguments = [long(folder), word(path), c_long::from(mode), 0, 0, 0];
    // SAFETY: as above.
    let run = || unsafe { call(libc::SYS_mkdirat, arguments) };
    // SAFETY: as above.
    let path = unsafe { spelling(folder, path) };
    number(path.and_then(|path| calls::make_folder(path, run)))
}

unsafe fn unlinked(folder: c_int, path: *const c_char, flags: c_int) -> Answer {
    let arguments = [long(folder), word(path), long(flags), 0, 0, 0];
    // SAFETY: as above.
    let run = || unsafe { call(libc::SYS_unlinkat, arguments) };
    // SAFETY: as above.
    let path = unsafe { spelling(folder, path) };
    path.and_then(|path| calls::unlink(path, run))
}

unsafe fn renamed(
    [old, new]: [c_int; 2],
    from: *const c_char,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    let arguments = [
        long(old),
        word(from),
        long(new),
        word(to),
        c_long::from(flags),
        0,
    ];
    // SAFETY: as above.
    let run = || unsafe { call(libc::SYS_renameat2, arguments) };
    // SAFETY: as above.
    let (from, to) = unsafe { (spelling(old, from), spelling(new, to)) };
    number(from.and_then(|from| calls::rename(from, to?, flags, run)))
}

unsafe fn linked(
    [old, new]: [c_int; 2],
    from: *const c_char,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    let arguments = [long(old), word(from), long(new), word(to), long(flags), 0];
    // SAFETY: as above.
    let run = || unsafe { call(libc::SYS_linkat, arguments) };
    // SAFETY: as above.
    let (from, to) = unsafe { (spelling(old, from), spelling(new, to)) };
    let follow = if flags & AT_SYMLINK_FOLLOW == 0 {
        Follow::Nothing
    } else {
        Follow::Links
    };
    number(from.and_then(|from| calls::link(from, to?, follow, run)))
}

unsafe fn symlinked(target: *const c_char, folder: c_int, path: *const c_char) -> c_int {
    let arguments = [word(target), long(folder), word(path), 0, 0, 0];
    // SAFETY: as above.
    let run = || unsafe { call(libc::SYS_symlinkat, arguments) };
    // SAFETY: as above.
    let path = unsafe { spelling(folder, path) };
    number(path.and_then(|path| calls::symlink(path, run)))
}

/// The path behind a pointer; null is answered as the kernel would.
unsafe fn spelling<'a>(folder: c_int, path: *const c_char) -> Result<Spelling<'a>, Errno> {
    if path.is_null() {
        return Err(Errno(libc::EFAULT));
    }
    // SAFETY: the C functions' contract: a path ends in a zero byte, and stays
    // during the call.
    let path = unsafe { CStr::from_ptr(path) };
    Ok(Spelling { folder, path })
}

/// The first `length` bytes of the pieces.
unsafe fn gathered(pieces: *const iovec, count: c_int, length: usize) -> Arc<[u8]> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the kernel has read so many pieces there.
    let pieces = unsafe { std::slice::from_raw_parts(pieces, count) };
    let mut bytes = Vec::with_capacity(length);
    for piece in pieces {
        let now = piece.iov_len.min(length - bytes.len());
        if now > 0 {
            // SAFETY: the kernel has read this piece that far.
            bytes.extend(unsafe { copied(piece.iov_base, now) });
        }
    }
    Arc::from(bytes)
}

fn long(number: c_int) -> c_long {
    c_long::from(number)
}

fn size(length: size_t) -> c_long {
    length.cast_signed() as c_long
}

fn number(answer: Answer) -> c_int {
    c_int::try_from(returned(answer)).unwrap_or(-1)
}

fn transferred(answer: Answer) -> ssize_t {
    ssize_t::try_from(returned(answer)).unwrap_or(-1)
}

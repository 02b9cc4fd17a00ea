//! System calls, without the library functions that this crate stands in for.

use std::ffi::{c_int, c_long};

use libc::{c_char, c_void};

use crate::recorder::Spelling;

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) c_int);

/// What a system call gave back.
pub(crate) type Answer = Result<i64, Errno>;

/// A file's identity while it has a name or is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Inode {
    pub(crate) device: u64,
    pub(crate) number: u64,
}

/// What is asked about a file.
#[derive(Clone, Copy)]
pub(crate) struct Status {
    pub(crate) inode: Inode,
    pub(crate) is_last_name: bool,
    pub(crate) is_folder: bool,
    pub(crate) length: i64,
}

/// Whether a symbolic link at a path's end is followed.
#[derive(Clone, Copy)]
pub(crate) enum Follow {
    Links,
    Nothing,
}

/// Makes a system call of up to six arguments.
///
/// # Safety
///
/// The arguments are as the kernel's interface wants them for this number; the
/// caller vouches for its pointers as it does towards the C library.
pub(crate) unsafe fn call(number: c_long, arguments: [c_long; 6]) -> Answer {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    // SAFETY: the caller's promise; the kernel ignores arguments beyond those
    // that the call has.
    let answer = unsafe { libc::syscall(number, first, second, third, fourth, fifth, sixth) };
    if answer == -1 {
        return Err(errno());
    }
    Ok(answer)
}

fn errno() -> Errno {
    // SAFETY: the C library gives each thread an error number that is valid
    // as long as the thread.
    Errno(unsafe { *libc::__errno_location() })
}

/// What a C function returns: the answer, or -1 with the error in `errno`.
pub(crate) fn returned(answer: Answer) -> i64 {
    answer.unwrap_or_else(|Errno(code)| {
        // SAFETY: as in `errno`; only this thread sees it.
        unsafe { *libc::__errno_location() = code };
        -1
    })
}

/// A pointer or a number as the system call takes it.
pub(crate) fn word<T>(pointer: *const T) -> c_long {
    // A register is as wide as a pointer on all targets of this crate.
    pointer.expose_provenance().cast_signed() as c_long
}

pub(crate) fn status(descriptor: c_int) -> Option<Status> {
    let mut raw = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `fstat` writes at most a `stat`; a bad descriptor is an error.
    let answer = unsafe { libc::fstat(descriptor, raw.as_mut_ptr()) };
    // SAFETY: zero says that `fstat` filled it.
    (answer == 0).then(|| understood(unsafe { raw.assume_init_ref() }))
}

pub(crate) fn status_at(path: Spelling<'_>, follow: Follow) -> Option<Status> {
    let flags = match follow {
        Follow::Links => 0,
        Follow::Nothing => libc::AT_SYMLINK_NOFOLLOW,
    };
    // An empty path is the descriptor itself, as `linkat` has it.
    let flags = flags | libc::AT_EMPTY_PATH;
    let mut raw = std::mem::MaybeUninit::<libc::stat>::uninit();
    let text: *const c_char = path.path.as_ptr();
    // SAFETY: the path ends in a zero byte, and `fstatat` writes at most a
    // `stat`.
    let answer = unsafe { libc::fstatat(path.folder, text, raw.as_mut_ptr(), flags) };
    // SAFETY: zero says that `fstatat` filled it.
    (answer == 0).then(|| understood(unsafe { raw.assume_init_ref() }))
}

fn understood(raw: &libc::stat) -> Status {
    Status {
        inode: Inode {
            device: raw.st_dev,
            number: raw.st_ino,
        },
        is_last_name: raw.st_nlink <= 1,
        is_folder: raw.st_mode & libc::S_IFMT == libc::S_IFDIR,
        length: raw.st_size,
    }
}

/// The flags a descriptor was opened with.
pub(crate) fn flags(descriptor: c_int) -> c_int {
    // SAFETY: `F_GETFL` takes no argument and touches no memory.
    unsafe { libc::fcntl(descriptor, libc::F_GETFL) }
}

/// The descriptor's position.
pub(crate) fn position(descriptor: c_int) -> i64 {
    // SAFETY: a seek by nothing changes nothing.
    unsafe { libc::lseek(descriptor, 0, libc::SEEK_CUR) }
}

/// Copies the first `length` bytes at `from`.
///
/// # Safety
///
/// So many bytes are readable there.
pub(crate) unsafe fn copied(from: *const c_void, length: usize) -> Vec<u8> {
    // SAFETY: the caller's promise; a length above zero has a pointer, and the
    // kernel has just read these bytes.
    unsafe { std::slice::from_raw_parts(from.cast::<u8>(), length) }.to_vec()
}

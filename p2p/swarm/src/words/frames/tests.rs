//! Frames on a stream that takes and gives what a test decides.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::{AsyncRead, AsyncWrite};

use super::*;

/// What is written can be read, at most `step` bytes at a time.
struct Pipe {
    bytes: VecDeque<u8>,
    step: usize,
    room: usize,
    is_ended: bool,
}

impl Pipe {
    fn new(step: usize) -> Self {
        Self {
            bytes: VecDeque::new(),
            step,
            room: usize::MAX,
            is_ended: false,
        }
    }
}

impl AsyncRead for &mut Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let count = buffer.len().min(self.step).min(self.bytes.len());
        if count == 0 && !self.is_ended {
            return Poll::Pending;
        }
        for byte in &mut buffer[..count] {
            *byte = self.bytes.pop_front().unwrap();
        }
        Poll::Ready(Ok(count))
    }
}

impl AsyncWrite for &mut Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = buffer.len().min(self.step).min(self.room);
        if count == 0 {
            return Poll::Pending;
        }
        self.room -= count;
        self.bytes.extend(&buffer[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

const BYTES_MAX: usize = 100_000;

/// All whole frames that are there, and what comes then.
fn read(pipe: &mut Pipe) -> (Vec<Arc<[u8]>>, Poll<FrameError>) {
    let mut reader = Reader::new(pipe);
    let mut frames = Vec::new();
    loop {
        match reader.poll_frame(&mut context(), BYTES_MAX, |_, _| Poll::Ready(Ok(()))) {
            Poll::Ready(Ok(frame)) => frames.push(frame),
            Poll::Ready(Err(error)) => return (frames, Poll::Ready(error)),
            Poll::Pending => return (frames, Poll::Pending),
        }
    }
}

fn words() -> Vec<Arc<[u8]>> {
    let lengths = [0, 1, 5, 16_384, 16_385, 70_000, 0, 100_000, 3];
    let word = |(index, length)| vec![u8::try_from(index).unwrap(); length].into();
    lengths.into_iter().enumerate().map(word).collect()
}

#[test]
fn words_are_read_as_they_were_written_however_they_are_cut() {
    for step in [1, 7, 4_096, usize::MAX] {
        let mut pipe = Pipe::new(step);
        let all = words();
        let mut left: VecDeque<_> = all[1..].iter().cloned().collect();
        let mut writer = Writer::new(&mut pipe, &all[0]);
        let written = writer.poll_write(&mut context(), |_| match left.pop_front() {
            Some(word) => Poll::Ready(Ok(word)),
            None => Poll::Pending,
        });
        assert!(written.is_pending());
        let (frames, then) = read(&mut pipe);
        assert!(then.is_pending());
        assert_eq!(frames, all);
    }
}

#[test]
fn nothing_more_is_taken_while_the_stream_has_no_room() {
    let mut pipe = Pipe::new(usize::MAX);
    pipe.room = 10_000;
    let mut taken = 0;
    let word: Arc<[u8]> = vec![0; 1_000].into();
    let mut writer = Writer::new(&mut pipe, &word);
    for _ in 0..10 {
        let written = writer.poll_write(&mut context(), |_| {
            taken += 1;
            Poll::Ready(Ok(Arc::clone(&word)))
        });
        assert!(written.is_pending());
    }
    assert!(taken < 30, "{taken}");
}

#[test]
fn a_frame_that_is_too_long_is_refused_before_it_arrives() {
    let mut pipe = Pipe::new(usize::MAX);
    pipe.bytes.extend(100_001_u32.to_le_bytes());
    let (frames, then) = read(&mut pipe);
    assert!(frames.is_empty());
    let Poll::Ready(FrameError::TooLong { announced, .. }) = then else {
        panic!("{then:?}");
    };
    assert_eq!(announced, 100_001);
}

#[test]
fn an_end_between_frames_is_an_end_and_inside_of_one_it_is_not() {
    let mut pipe = Pipe::new(usize::MAX);
    pipe.is_ended = true;
    let (_, then) = read(&mut pipe);
    assert!(matches!(then, Poll::Ready(FrameError::Ended)), "{then:?}");
    for cut in [1, 3, 4, 6] {
        let frame = [3, 0, 0, 0, 1, 2, 3];
        pipe.bytes.extend(&frame[..cut]);
        let (frames, then) = read(&mut pipe);
        assert!(frames.is_empty());
        assert!(matches!(then, Poll::Ready(FrameError::Broken(_))), "{cut}");
    }
}

#[test]
fn no_byte_of_a_word_is_read_before_there_is_room_for_all_of_it() {
    let mut pipe = Pipe::new(usize::MAX);
    pipe.bytes.extend([3, 0, 0, 0, 1, 2, 3]);
    let mut asked = Vec::new();
    let mut reader = Reader::new(&mut pipe);
    let polled = reader.poll_frame(&mut context(), BYTES_MAX, |bytes_count, _| {
        asked.push(bytes_count);
        Poll::Pending
    });
    assert!(polled.is_pending());
    assert_eq!(asked, [3]);
    let polled = reader.poll_frame(&mut context(), BYTES_MAX, |_, _| Poll::Ready(Ok(())));
    let Poll::Ready(Ok(word)) = polled else {
        panic!("{polled:?}");
    };
    assert_eq!(*word, [1, 2, 3]);
}

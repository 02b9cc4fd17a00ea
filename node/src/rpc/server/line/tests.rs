use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jsonrpsee::server::{Extensions, ResponsePayload};
use tokio::sync::mpsc;

use super::*;

type Answers = mpsc::Receiver<Box<serde_json::value::RawValue>>;

const LONG: &str = "pyralog_block";

/// A `WebSocket` whose queue holds so many answers.
fn socket(capacity: usize) -> (Arc<Line>, InHand, Answers) {
    let line = Line::new();
    let (sink, answers) = mpsc::channel(capacity);
    line.sink.set(MethodSink::new(sink)).unwrap();
    let socket = InHand::Offer(Arc::clone(&line)).clone();
    (line, socket, answers)
}

fn response() -> MethodResponse {
    MethodResponse::response(Id::Number(1), ResponsePayload::success(1), usize::MAX)
}

fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn nothing_more_is_read_while_as_many_messages_are_in_hand_as_may_be() {
    let (line, socket, _answers) = socket(1);
    let mut messages: Vec<InHand> = (1..MESSAGE_COUNT_MAX).map(|_| socket.clone()).collect();
    // The library copies what goes with a message for each call that is in it.
    let calls: Vec<InHand> = messages.clone();
    assert!(line.has_room());
    messages.push(socket.clone());
    assert!(!line.has_room());
    drop(messages);
    assert!(line.has_room(), "one has ended altogether");
    drop(calls);
    assert_eq!(line.messages.load(Ordering::SeqCst), 0);
}

#[test]
fn nothing_more_is_read_while_messages_in_hand_are_long() {
    let (line, socket, _answers) = socket(1);
    line.note_read(usize::try_from(MESSAGE_BYTES_MAX).unwrap());
    assert!(line.has_room(), "or a long message would never be read");
    let message = socket.clone();
    assert!(!line.has_room());
    let mut room = pin!(Arc::clone(&line).room());
    assert!(poll(room.as_mut()).is_pending());
    drop(message);
    assert!(line.has_room());
    assert!(poll(room).is_ready());
}

#[tokio::test]
async fn nothing_more_is_read_while_the_queue_of_answers_is_full() {
    let (line, _socket, mut answers) = socket(1);
    let told = line.answer(response()).await;
    assert!(told.is_notification(), "the library would send it again");
    assert!(!line.has_room());
    let mut room = pin!(Arc::clone(&line).room());
    assert!(poll(room.as_mut()).is_pending());
    answers.recv().await.unwrap();
    room.await;
    assert!(line.has_room());
    drop(answers);
    line.answer(response()).await;
    assert!(line.has_room(), "it has ended, and reading says so");
}

#[tokio::test]
async fn one_answer_that_may_be_long_is_made_at_a_time() {
    let (line, _socket, _answers) = socket(1);
    let turn = line.turn(LONG).await;
    let mut next = pin!(line.turn(LONG));
    assert!(poll(next.as_mut()).is_pending());
    for method in WAITING {
        assert!(line.turn(method).await.is_none(), "{method}");
    }
    drop(turn);
    assert!(next.await.is_some());
}

#[tokio::test]
async fn what_a_subscription_has_sent_is_not_sent_again() {
    let (line, _socket, mut answers) = socket(1);
    let payload = ResponsePayload::success(1);
    let sent = MethodResponse::subscription_response(Id::Number(1), payload, usize::MAX);
    assert!(line.answer(sent).await.is_subscription());
    assert!(answers.try_recv().is_err());
}

#[test]
fn extensions_copy_what_is_in_hand() {
    let line = Line::new();
    let mut request = Extensions::new();
    request.insert(InHand::Offer(Arc::clone(&line)));
    let socket = request.clone();
    assert_eq!(line.messages.load(Ordering::SeqCst), 0);
    let message = socket.clone();
    assert_eq!(line.messages.load(Ordering::SeqCst), 1);
    drop(message);
    assert_eq!(line.messages.load(Ordering::SeqCst), 0);
}

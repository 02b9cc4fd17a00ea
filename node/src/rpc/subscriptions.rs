//! Events and blocks as they become durable, or from a place in the past on.
//!
//! Each subscription is a reader of the chain with a place of its own. What it
//! has not read yet is not queued for it; it is read when the subscriber takes
//! it. So one that is slow costs nothing, and one that comes back with its
//! cursor misses nothing.

use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::{PendingSubscriptionSink, SubscriptionSink};
use pyralog_api::{BlockItem, Cursor, EventFilter, EventItem, Failure, FailureKind, Happened};
use pyralog_primitives::receipt::{Event, Outcome, Receipt};
use pyralog_primitives::{BlockCount, Height};
use pyralog_store::{ReadError, Term, TransactionPlace};
use pyralog_telemetry::metrics::Open;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::context::Context;
use super::failures::unreadable;
use crate::chain::Published;

/// A subscriber that takes nothing for so long is given up. Shorter, and a
/// busy one loses its place; longer, and dead ones hold their connection.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Places looked up in the index at once.
const INDEX_PAGE: usize = 256;
/// Heights read in one turn. Without it, a reader from the beginning would list
/// the whole chain in memory; lower, and the index is asked for little at once.
const TURN_HEIGHTS: BlockCount = BlockCount::new(64);

/// The right to one of the subscriptions of this node.
struct Permit {
    _place: OwnedSemaphorePermit,
    _open: Open,
}

impl Permit {
    fn take(context: &Context) -> Option<Self> {
        let place = Arc::clone(&context.subscription_room).try_acquire_owned();
        Some(Self {
            _place: place.ok()?,
            _open: context.metrics.rpc.subscription(),
        })
    }
}

/// Why a subscription has ended.
enum End {
    /// The subscriber has gone, or takes nothing.
    Gone,
    /// It is told so.
    Because(&'static str),
}

/// A subscription that was accepted.
struct Subscriber {
    context: Arc<Context>,
    sink: SubscriptionSink,
    heads: watch::Receiver<Arc<Published>>,
    _permit: Permit,
}

async fn accept(context: &Arc<Context>, pending: PendingSubscriptionSink) -> Option<Subscriber> {
    let Some(permit) = Permit::take(context) else {
        let max = context.settings.subscription_total_max;
        context.metrics.rpc.shed("subscriptions");
        let message = format!("this node serves {max} subscriptions and has no more");
        let failure = Failure::passing(FailureKind::Limit, "too_many_subscriptions", message);
        pending.reject(failure).await;
        return None;
    };
    // Subscribed before the head is read, so that no head is missed.
    let heads = context.feed.watch();
    let sink = pending.accept().await.ok()?;
    Some(Subscriber {
        context: Arc::clone(context),
        sink,
        heads,
        _permit: permit,
    })
}

/// Sends events until the subscriber has gone or the node stops.
pub(super) async fn events(
    context: Arc<Context>,
    pending: PendingSubscriptionSink,
    filter: EventFilter,
    after: Option<Cursor>,
) -> SubscriptionResult {
    let Some(mut subscriber) = accept(&context, pending).await else {
        return Ok(());
    };
    let after = after.unwrap_or_else(|| Cursor::end_of(context.head().height));
    let end = subscriber.send_events(&filter, after).await;
    subscriber
        .finish(end, |reason| EventItem::Ended { reason })
        .await
}

/// Sends blocks until the subscriber has gone or the node stops.
pub(super) async fn blocks(
    context: Arc<Context>,
    pending: PendingSubscriptionSink,
    after: Option<Height>,
) -> SubscriptionResult {
    let Some(mut subscriber) = accept(&context, pending).await else {
        return Ok(());
    };
    let after = after.unwrap_or_else(|| context.head().height);
    let end = subscriber.send_blocks(after).await;
    subscriber
        .finish(end, |reason| BlockItem::Ended { reason })
        .await
}

impl Subscriber {
    async fn finish<T: Serialize>(
        self,
        end: End,
        item: impl FnOnce(String) -> T,
    ) -> SubscriptionResult {
        if let End::Because(reason) = end {
            // If it has gone meanwhile, there is nobody to tell.
            let _ = self.send(&item(reason.to_owned())).await;
        }
        Ok(())
    }

    async fn send(&self, item: &impl Serialize) -> Result<(), End> {
        let message = serde_json::value::to_raw_value(item);
        let message = message.expect("items have text keys only");
        let sent = self.sink.send_timeout(message, SEND_TIMEOUT).await;
        sent.map_err(|_| End::Gone)
    }

    /// Waits for a head above `read`.
    async fn wait_beyond(&mut self, read: Height) -> Result<Height, End> {
        let mut stop = self.context.stop.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => Err(End::Because("stopping")),
            () = self.sink.closed() => Err(End::Gone),
            head = self.heads.wait_for(|head| head.height > read) => match head {
                Ok(head) => Ok(head.height),
                Err(_) => Err(End::Because("stopping")),
            },
        }
    }

    /// The first height that is kept, if it is not this one.
    fn lag(&self, next: Height) -> Option<Height> {
        let oldest = self.context.store.oldest().max(Height::FIRST);
        (next < oldest).then_some(oldest)
    }

    async fn send_events(&mut self, filter: &EventFilter, after: Cursor) -> End {
        match self.read_events(filter, after).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn read_events(
        &mut self,
        filter: &EventFilter,
        mut after: Cursor,
    ) -> Result<std::convert::Infallible, End> {
        loop {
            let read = last_read(after);
            let head = self.wait_beyond(read).await?;
            let Some(mut next) = read.next() else {
                return Err(End::Because("no_more_heights"));
            };
            if let Some(oldest) = self.lag(next) {
                let to = oldest.previous().unwrap_or(next);
                self.send(&EventItem::Lagged { from: next, to }).await?;
                after = Cursor::end_of(to);
                next = oldest;
            }
            let head = next.after(TURN_HEIGHTS).map_or(head, |last| head.min(last));
            let mut done = head;
            let heights = self.heights_with(filter, next, head)?;
            if self.lag(next).is_some() {
                // The index was pruned meanwhile, and may have said too little.
                continue;
            }
            for height in heights {
                let Some(happened) = self.happened_in(height, filter, after)? else {
                    // It was pruned meanwhile: the next turn says that it lags.
                    done = Height::new(height.get().saturating_sub(1));
                    break;
                };
                for item in happened {
                    after = item.cursor;
                    self.send(&EventItem::Event(item)).await?;
                }
            }
            after = after.max(Cursor::end_of(done));
        }
    }

    /// The heights to look at: those that the index names, or all.
    fn heights_with(
        &self,
        filter: &EventFilter,
        from: Height,
        to: Height,
    ) -> Result<Vec<Height>, End> {
        let all = || (from.get()..=to.get()).map(Height::new);
        let Some(name) = filter.name.as_ref().filter(|_| from < to) else {
            return Ok(all().collect());
        };
        if !self.context.index_events {
            return Ok(all().collect());
        }
        let mut heights = Vec::new();
        let mut next = Some(TransactionPlace {
            height: from,
            position: 0,
        });
        while let Some(place) = next.filter(|place| place.height <= to) {
            let found = self
                .context
                .store
                .events(Term::name(name), place, INDEX_PAGE);
            let found = found.map_err(unreadable_end)?;
            heights.extend(found.places.iter().map(|place| place.height));
            next = found.next;
        }
        heights.dedup();
        heights.retain(|height| *height <= to);
        Ok(heights)
    }

    /// What happened at a height after a cursor, as far as it is wanted; none if
    /// the height is pruned.
    fn happened_in(
        &self,
        height: Height,
        filter: &EventFilter,
        after: Cursor,
    ) -> Result<Option<Vec<Happened>>, End> {
        let recent = self.context.feed.recent(height);
        let stored = if recent.is_some() {
            Vec::new()
        } else {
            let read = self.context.store.receipts(height);
            match read.map_err(unreadable_end)? {
                Some(receipts) => receipts,
                None => return Ok(None),
            }
        };
        let receipts = recent.as_ref().map_or(&stored, |block| &block.receipts);
        let mut happened = Vec::new();
        for (receipt, position) in receipts.iter().zip(0..) {
            collect(receipt, (height, position), filter, &mut happened);
        }
        happened.retain(|item| item.cursor > after);
        Ok(Some(happened))
    }

    async fn send_blocks(&mut self, after: Height) -> End {
        match self.read_blocks(after).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn read_blocks(&mut self, mut read: Height) -> Result<std::convert::Infallible, End> {
        loop {
            let head = self.wait_beyond(read).await?;
            let Some(next) = read.next() else {
                return Err(End::Because("no_more_heights"));
            };
            if let Some(oldest) = self.lag(next) {
                let to = oldest.previous().unwrap_or(next);
                self.send(&BlockItem::Lagged { from: next, to }).await?;
                read = to;
            }
            while read < head {
                let Some(height) = read.next() else { break };
                let block = self.context.store.block(height);
                let block = block.map_err(unreadable_end)?;
                // Pruned a moment ago: the next turn says that it lags.
                let Some(block) = block else { break };
                let count = block.transactions.len();
                self.send(&BlockItem::Block {
                    id: block.header.id(),
                    header: Box::new(block.header),
                    transactions: u32::try_from(count).unwrap_or(u32::MAX),
                })
                .await?;
                read = height;
            }
        }
    }
}

/// The store cannot be read; the log says why.
fn unreadable_end(error: ReadError) -> End {
    unreadable(error);
    End::Because("internal")
}

/// The last height that is read to its end.
fn last_read(cursor: Cursor) -> Height {
    if cursor == Cursor::end_of(cursor.height) {
        cursor.height
    } else {
        // The rest of that height is still to be read.
        Height::new(cursor.height.get().saturating_sub(1))
    }
}

/// The events of a receipt that are wanted.
fn collect(
    receipt: &Receipt,
    (height, position): (Height, u32),
    filter: &EventFilter,
    happened: &mut Vec<Happened>,
) {
    let Outcome::Applied { events } = &receipt.outcome else {
        return;
    };
    for (event, number) in events.iter().zip(0..) {
        if fits(event, filter) {
            happened.push(Happened {
                cursor: Cursor {
                    height,
                    position,
                    event: number,
                },
                transaction: receipt.transaction,
                event: event.clone(),
            });
        }
    }
}

fn fits(event: &Event, filter: &EventFilter) -> bool {
    let has_name = filter.name.as_ref().is_none_or(|name| event.name == *name);
    has_name
        && filter.address.is_none_or(|address| {
            // An address is its own encoding.
            let encoded = address.as_bytes();
            let mut attributes = event.attributes.iter();
            attributes.any(|attribute| *attribute.value == *encoded)
        })
}

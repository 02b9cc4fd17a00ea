//! How catching up goes on: one line on a terminal, and calm lines of the log
//! anywhere else.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyralog_primitives::Height;
use pyralog_telemetry::logs::StatusLine;
use tokio::sync::watch;

use crate::chain::Feed;
use crate::syncing::Syncing;

/// How often the line is painted. Less often, and it seems to stand; more often,
/// and the terminal has work.
const PAINT_INTERVAL: Duration = Duration::from_millis(250);
/// How often the log tells of it, where there is no line.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// Nothing is said of fewer blocks: they come before anyone has read it.
const BEHIND_MIN: u64 = 20;
/// The rate is that of the last while. Shorter, and it jumps; longer, and it
/// tells of what was.
const PACE_SPAN: Duration = Duration::from_secs(10);
/// Parts of the bar.
const BAR_COUNT: u64 = 8;

/// Tells how the node catches up until it stops: on this line if there is one.
pub(crate) async fn follow(
    feed: Arc<Feed>,
    syncing: Arc<Syncing>,
    line: Option<StatusLine>,
    mut stop: watch::Receiver<bool>,
) {
    let mut telling = Telling::default();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(PAINT_INTERVAL) => {}
        }
        let behind = syncing.is_syncing().then(|| syncing.target());
        let said = telling.say(Instant::now(), feed.head().height, behind);
        match (said, &line) {
            (Said::Progress(progress), Some(line)) => line.show(&progress.text()),
            (Said::Progress(progress), None) => telling.log(Instant::now(), &progress),
            (Said::Over(over), line) => {
                clear(line.as_ref());
                if let Some(Over { blocks, span }) = over {
                    let height = feed.head().height.get();
                    let seconds = span.as_secs();
                    tracing::info!(height, blocks, seconds, "caught up with the network");
                }
            }
            (Said::Nothing, _) => {}
        }
    }
    clear(line.as_ref());
}

fn clear(line: Option<&StatusLine>) {
    if let Some(line) = line {
        line.show("");
    }
}

/// What is told at a moment.
enum Said {
    Nothing,
    Progress(Progress),
    /// It is over; if the node has caught up, with what.
    Over(Option<Over>),
}

/// What was caught up with.
struct Over {
    blocks: u64,
    span: Duration,
}

/// Where the node is.
#[derive(Debug, PartialEq)]
struct Progress {
    height: Height,
    target: Height,
    /// In a second; none before that can be said.
    blocks: Option<f64>,
}

/// A time of catching up.
#[derive(Default)]
struct Telling {
    begun: Option<(Instant, Height)>,
    target: Height,
    pace: VecDeque<(Instant, Height)>,
    logged: Option<Instant>,
}

impl Telling {
    /// What is to be told of a node at this height, that is behind this target.
    fn say(&mut self, now: Instant, height: Height, behind: Option<Height>) -> Said {
        let Some(target) = behind else {
            return self.end(now, height);
        };
        let left = target.get().saturating_sub(height.get());
        if self.begun.is_none() && left < BEHIND_MIN {
            return Said::Nothing;
        }
        self.begun.get_or_insert((now, height));
        self.target = target;
        self.pace.push_back((now, height));
        while let Some((at, _)) = self.pace.front()
            && now.duration_since(*at) > PACE_SPAN
        {
            self.pace.pop_front();
        }
        Said::Progress(Progress {
            height,
            target,
            blocks: self.blocks_per_second(),
        })
    }

    fn end(&mut self, now: Instant, height: Height) -> Said {
        let Some((at, first)) = self.begun else {
            return Said::Nothing;
        };
        let has_arrived = height.get() + BEHIND_MIN > self.target.get();
        *self = Self::default();
        Said::Over(has_arrived.then(|| Over {
            blocks: height.get().saturating_sub(first.get()),
            span: now.duration_since(at),
        }))
    }

    fn blocks_per_second(&self) -> Option<f64> {
        let ((from, first), (to, last)) = self.pace.front().zip(self.pace.back())?;
        let seconds = to.duration_since(*from).as_secs_f64();
        let blocks = last.get().saturating_sub(first.get());
        (seconds >= 1.0).then(|| as_float(blocks) / seconds)
    }

    fn log(&mut self, now: Instant, progress: &Progress) {
        let last = self.logged.or(self.begun.map(|(at, _)| at));
        if last.is_some_and(|last| now.duration_since(last) < LOG_INTERVAL) {
            return;
        }
        self.logged = Some(now);
        let left = progress.left().map(|left| span_text(left.as_secs()));
        tracing::info!(
            height = progress.height.get(),
            target = progress.target.get(),
            blocks_per_second = progress.blocks.unwrap_or_default().round(),
            left = left.as_deref().unwrap_or("unknown"),
            "catches up with the network"
        );
    }
}

impl Progress {
    /// How long it will take, if it goes on like this.
    fn left(&self) -> Option<Duration> {
        let blocks = self.blocks.filter(|blocks| *blocks > 0.0)?;
        let left = self.target.get().saturating_sub(self.height.get());
        Duration::try_from_secs_f64(as_float(left) / blocks).ok()
    }

    /// One line of less than 80 columns.
    fn text(&self) -> String {
        let (height, target) = (self.height.get(), self.target.get().max(1));
        let done = |parts: u64| height.min(target).saturating_mul(parts) / target;
        let full = done(BAR_COUNT);
        let bar = (0..BAR_COUNT).map(|place| if place < full { '#' } else { '-' });
        let mut text = format!(
            "syncing {}/{} {:>3} % [{}] ",
            grouped(height),
            grouped(target),
            done(100),
            bar.collect::<String>(),
        );
        let written = match (self.blocks, self.left()) {
            (Some(blocks), Some(left)) => {
                let left = span_text(left.as_secs());
                write!(text, "{} blocks/s, ETA {left}", rate_text(blocks))
            }
            (Some(_), None) => write!(text, "waits for blocks"),
            (None, _) => Ok(()),
        };
        written.expect("a string accepts every text");
        text
    }
}

/// A rate, with as many digits as say something.
fn rate_text(blocks: f64) -> String {
    if blocks < 10.0 {
        format!("{blocks:.1}")
    } else {
        format!("{blocks:.0}")
    }
}

/// Good enough for what people read.
#[allow(
    clippy::cast_precision_loss,
    reason = "beyond 2^53 blocks nobody misses the last one"
)]
const fn as_float(count: u64) -> f64 {
    count as f64
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A span in the two largest units that say something.
fn span_text(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} m {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} m", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(height: u64, target: u64, blocks: Option<f64>) -> Progress {
        Progress {
            height: Height::new(height),
            target: Height::new(target),
            blocks,
        }
    }

    #[test]
    fn the_line_says_how_far_how_fast_and_how_long_in_less_than_80_columns() {
        let half = progress(5_120, 10_000, Some(345.4));
        assert_eq!(
            half.text(),
            "syncing 5,120/10,000  51 % [####----] 345 blocks/s, ETA 14 s"
        );
        let long = progress(123_456_789, 9_123_456_789, Some(1_234.0));
        assert!(long.text().len() < 80, "{}", long.text());
        let stands = progress(7, 9_000, Some(0.0));
        assert!(stands.text().ends_with("] waits for blocks"));
        assert!(progress(7, 0, None).text().contains("100 %"));
    }

    #[test]
    fn spans_have_two_units() {
        let spans = [
            (59, "59 s"),
            (61, "1 m 1 s"),
            (7_320, "2 h 2 m"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, text) in spans {
            assert_eq!(span_text(seconds), text);
        }
    }

    #[test]
    fn the_rate_is_that_of_the_last_while() {
        let begin = Instant::now();
        let mut telling = Telling::default();
        let mut last = None;
        for second in 0..60 {
            // Ten blocks a second, then a hundred.
            let height = if second < 30 {
                second * 10
            } else {
                300 + (second - 30) * 100
            };
            let at = begin + Duration::from_secs(second);
            let said = telling.say(at, Height::new(height), Some(Height::new(5_000)));
            let Said::Progress(progress) = said else {
                panic!("it is behind");
            };
            last = progress.blocks;
        }
        assert_eq!(last, Some(100.0));
    }

    #[test]
    fn a_node_that_is_a_few_blocks_behind_says_nothing() {
        let mut telling = Telling::default();
        let now = Instant::now();
        let said = telling.say(now, Height::new(5), Some(Height::new(10)));
        assert!(matches!(said, Said::Nothing));
        assert!(matches!(
            telling.say(now, Height::new(10), None),
            Said::Nothing
        ));
    }

    /// Who said that it is further may be believed no more, or be gone.
    #[test]
    fn a_node_says_that_it_has_caught_up_only_if_it_has() {
        let now = Instant::now();
        for (height, has_arrived) in [(995, true), (500, false)] {
            let mut telling = Telling::default();
            telling.say(now, Height::new(0), Some(Height::new(1_000)));
            let later = now + Duration::from_secs(3);
            let Said::Over(over) = telling.say(later, Height::new(height), None) else {
                panic!("it is over");
            };
            assert_eq!(over.is_some(), has_arrived);
            assert!(over.is_none_or(|over| over.blocks == 995 && over.span.as_secs() == 3));
        }
    }
}

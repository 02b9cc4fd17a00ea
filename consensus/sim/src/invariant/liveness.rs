//! Once all is well, every honest validator makes progress.

use pyralog_primitives::{BlockCount, Height};

use super::{Broken, Invariant};
use crate::options::HEIGHT_COUNT;
use crate::time::Span;

/// How long a run may take for every twenty heights after the faults have ended.
/// The time of a round
/// doubles while nothing is decided, up to the longest; and every validator
/// that breaks the rules may cost a few rounds at every height. Twenty times what
/// the slowest of 20,000 seeds took: below, a slow run is taken for one that
/// stands; above, one that stands takes long to be found.
const LIVENESS_SPAN_MAX: Span = Span::from_millis(300_000);

/// How long so many heights may take.
pub(crate) fn liveness_span_max(heights: BlockCount) -> Span {
    let parts = heights.get().div_ceil(HEIGHT_COUNT.get());
    LIVENESS_SPAN_MAX.times(parts.max(1))
}

/// Events of one run. A hundred times what is usual: below, a long run is taken
/// for one without end; above, one that goes round in no time at all takes all
/// memory before it is found.
pub(crate) const EVENT_COUNT_MAX: u64 = 5_000_000;

/// So much happens that no time passes.
pub(crate) fn endless() -> Broken {
    let what = format!("more than {EVENT_COUNT_MAX} events, and no end");
    Broken::new(Invariant::Liveness, what)
}

/// The time is over.
pub(crate) fn stuck(who: usize, height: Height, wanted: Height, since: Span) -> Broken {
    let what = format!(
        "validator {who} is at height {height} and should have come to {wanted}, {since} after all \
         faults ended"
    );
    Broken::new(Invariant::Liveness, what)
}

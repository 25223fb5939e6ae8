//! The body of an answer, sent at its script's pace.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::script::Pace;

/// The rest of the body, and its times.
pub(super) struct ScriptedBody {
    left: Bytes,
    endless: bool,
    pause: Option<Interval>,
}

impl ScriptedBody {
    pub(super) fn new(body: Bytes, pace: Pace) -> Self {
        Self {
            left: body,
            endless: pace == Pace::Endless,
            pause: match pace {
                Pace::Drip(every) => Some(pauses(every)),
                Pace::AtOnce | Pace::Endless => None,
            },
        }
    }
}

fn pauses(every: Duration) -> Interval {
    // The timer refuses an interval of zero.
    let every = every.max(Duration::from_millis(1));
    let mut pauses = interval_at(Instant::now() + every, every);
    pauses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pauses
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let next = if self.endless {
            self.left.clone()
        } else if let Some(pause) = &mut self.pause {
            ready!(pause.poll_tick(cx));
            self.left.split_to(1)
        } else {
            std::mem::take(&mut self.left)
        };
        Poll::Ready(Some(Ok(Frame::data(next))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.endless || self.pause.is_some() {
            SizeHint::default()
        } else {
            SizeHint::with_exact(self.left.len() as u64)
        }
    }
}

//! Schedules written out by hand: who hears what, and when time is over.

mod council;
mod hostile;
mod known_bad;
mod restarts;
mod schedules;

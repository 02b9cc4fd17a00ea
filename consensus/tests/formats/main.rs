//! Messages and records: their encodings, and what is refused.

mod encodings;
mod refusals;
mod samples;

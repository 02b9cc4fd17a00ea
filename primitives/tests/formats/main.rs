//! Claims about everything that travels: how it is encoded ([`golden`]), what
//! its decoder survives ([`decoders`]), and what it refuses ([`rules`]).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod claims;
mod counting_allocator;
mod decoders;
mod golden;
mod rules;
mod samples;
mod spec_pages;

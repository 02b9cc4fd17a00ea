//! Networks of several nodes in one process: their threads, disks and stores
//! are real, only the connections between them are in memory.

mod fuse;
mod kills;
mod late;
mod measure;
mod network;
mod payments;

//! What the chain's rules cost beside the kernels they stand on.

mod mempool;

fn main() {
    mempool::measure();
}

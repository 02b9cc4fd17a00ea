//! What a node's operator can rely on: layers, mistakes, the file of
//! defaults, ports, and that no text does harm.

mod document;
mod hostile;
mod layers;
mod mistakes;
mod ports;

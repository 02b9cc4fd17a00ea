//! The fuzzer: libFuzzer over the decoder that `PYRALOG_DECODER` names.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pyralog_fuzz::{DECODERS, Decoder};

fn chosen() -> Decoder {
    let name = std::env::var("PYRALOG_DECODER").unwrap_or_default();
    let found = DECODERS.iter().find(|(decoder, _)| *decoder == name);
    let Some((_, decoder)) = found else {
        let names: Vec<&str> = DECODERS.iter().map(|(name, _)| *name).collect();
        panic!(
            "PYRALOG_DECODER is '{name}'; set it to one of: {}",
            names.join(" ")
        );
    };
    *decoder
}

fuzz_target!(|bytes: &[u8]| {
    static DECODER: OnceLock<Decoder> = OnceLock::new();
    DECODER.get_or_init(chosen)(bytes);
});

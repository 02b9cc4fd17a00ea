//! The cipher under a lock: ChaCha20-Poly1305 with a key from the result of
//! the squarings.
//!
//! The nonce is zero: the key is a hash over the head, which holds a base drawn
//! for this lock alone, so no key is used twice. A generator that repeats itself
//! would break that, as it would break much else.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use crypto_bigint::U2048;
use pyralog_primitives::Domain;
use zeroize::Zeroizing;

use crate::modulus::number_bytes;

const NONCE: [u8; 12] = [0; 12];

/// The cipher for the result of the squarings.
fn cipher(head: &[u8], result: &U2048) -> ChaCha20Poly1305 {
    let result = Zeroizing::new(number_bytes(result));
    let mut hasher = Domain::TimeLock.hasher();
    hasher.update(head).update(result.as_slice());
    let key = Zeroizing::new(*hasher.finish().as_bytes());
    ChaCha20Poly1305::new(
        key.as_slice()
            .try_into()
            .expect("a hash has the length of a key"),
    )
}

pub(crate) fn encrypt(head: &[u8], result: &U2048, payload: &[u8]) -> Vec<u8> {
    let message = Payload {
        msg: payload,
        aad: head,
    };
    cipher(head, result)
        .encrypt(&NONCE.into(), message)
        .expect("the payload is far shorter than the cipher's limit of 256 GiB")
}

pub(crate) fn decrypt(head: &[u8], result: &U2048, ciphertext: &[u8]) -> Option<Vec<u8>> {
    let message = Payload {
        msg: ciphertext,
        aad: head,
    };
    cipher(head, result).decrypt(&NONCE.into(), message).ok()
}

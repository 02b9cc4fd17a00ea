//! Signatures are checked before an engine hears of a message.
//!
//! A message lists what it claims: these keys made these signatures over these
//! bytes. A [`Verifier`] checks them, many at once; only what it has checked
//! becomes [`Verified`], and an engine takes nothing else.

use pyralog_primitives::batch::{BatchItem, verify_batch};
use pyralog_primitives::certificate::{Certificate, CertificateError};
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::{BadSignature, GenesisHash, PublicKey, SignBytes, Signature};

/// That this key made this signature over these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: PublicKey,
    /// The bytes.
    pub bytes: SignBytes,
    /// The signature.
    pub signature: Signature,
}

/// Checks signatures.
pub trait Verifier {
    /// Whether all claims are true.
    fn verify(&self, claims: &[Claim]) -> Result<(), BadSignature>;
}

/// The signatures of the network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ed25519;

impl Verifier for Ed25519 {
    fn verify(&self, claims: &[Claim]) -> Result<(), BadSignature> {
        let item = |claim: &Claim| BatchItem::new(claim.key, claim.signature, &claim.bytes);
        let items: Vec<BatchItem> = claims.iter().map(item).collect();
        verify_batch(&items)
    }
}

/// Something whose signatures have been checked. Holding one is the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) const fn of(checked: T) -> Self {
        Self(checked)
    }

    /// What was checked.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Checks why a block is final, against the validators of its height.
pub fn verify_certificate(
    certificate: Certificate,
    genesis: GenesisHash,
    validators: &ValidatorSet,
    verifier: &impl Verifier,
) -> Result<Verified<Certificate>, CertificateError> {
    let bytes = certificate.sign_bytes(genesis);
    let claims: Vec<Claim> = certificate
        .claims(validators)?
        .map(|(key, signature)| Claim {
            key,
            bytes: bytes.clone(),
            signature,
        })
        .collect();
    verifier.verify(&claims)?;
    Ok(Verified(certificate))
}

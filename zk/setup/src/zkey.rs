//! Reading the result of a ceremony.

use std::collections::BTreeMap;

use ark_bn254::{Bn254, Fq, Fr};
use ark_ff::{Field, PrimeField};
use ark_groth16::{ProvingKey, VerifyingKey};
use ark_relations::gr1cs::{ConstraintSynthesizer, SynthesisError};
use pyralog_zk::groth16::{self, KeyError, KeyHash};
use rand_core::CryptoRng;

use crate::constraints::Constraints;
use crate::key::{CircuitKey, Origin, ProveError};
use crate::zkey_reader::{Content, Sections, ZkeyFault};

const GROTH16: u32 = 1;
const NUMBER_BYTES: u32 = 32;
/// Of `BLAKE2b`.
const HASH_BYTES: usize = 64;

/// Why the result of a ceremony is refused. Whoever gave it must act, unless it
/// says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It has not the form of a zkey.
    #[error("not a zkey: {0}")]
    Form(#[from] ZkeyFault),
    /// It is for another proof system, or another curve.
    #[error("a zkey for another proof system or another curve")]
    OtherSystem,
    /// The numbers of its wires, inputs or domain are others.
    #[error("the zkey is for {found} {of}; the circuit has {expected}")]
    Shape {
        /// What is counted.
        of: &'static str,
        /// That of the circuit.
        expected: usize,
        /// That of the zkey.
        found: usize,
    },
    /// It was made for other constraints: the circuit has changed since, or it is
    /// another one.
    #[error("the zkey is for other constraints than the circuit's")]
    OtherConstraints,
    /// Nobody contributed: its maker forges, and everybody if δ = γ.
    #[error("nobody contributed to the zkey")]
    NoContribution,
    /// Its verifying half is refused by the gate.
    #[error("the verifying key in the zkey is refused: {0}")]
    Key(#[from] KeyError),
    /// The circuit cannot be built. A mistake of ours.
    #[error("the circuit cannot be put together")]
    Circuit(#[source] SynthesisError),
    /// A proof made with it does not hold.
    #[error("no proof can be made with the zkey: {0}")]
    Prove(#[from] ProveError),
}

struct Header {
    wires: usize,
    public: usize,
    domain: usize,
    key: VerifyingKey<Bn254>,
    beta: ark_bn254::G1Affine,
    delta: ark_bn254::G1Affine,
}

/// Reads the result of a ceremony for a circuit, and makes one proof with it. The
/// circuit is given with what fulfils it. See the crate's documentation for what
/// this does not show.
pub fn import<C: ConstraintSynthesizer<Fr> + Clone>(
    zkey: &[u8],
    circuit: C,
    rng: &mut impl CryptoRng,
) -> Result<CircuitKey, ImportError> {
    let constraints = Constraints::of(circuit.clone()).map_err(ImportError::Circuit)?;
    let sections = Sections::read(zkey)?;
    if sections.get(1)?.all(1, Content::count)? != [GROTH16] {
        return Err(ImportError::OtherSystem);
    }
    let header = header(sections.get(2)?, sections.get(3)?)?;
    check_shape(&header, &constraints)?;
    check_constraints(sections.get(4)?, &constraints)?;
    check_contributions(sections.get(10)?)?;
    let Header {
        wires,
        public,
        domain,
        key,
        beta,
        delta,
    } = header;
    let key = ProvingKey {
        a_query: sections.get(5)?.all(wires, Content::first)?,
        b_g1_query: sections.get(6)?.all(wires, Content::first)?,
        b_g2_query: sections.get(7)?.all(wires, Content::second)?,
        l_query: sections.get(8)?.all(wires - public - 1, Content::first)?,
        h_query: sections.get(9)?.all(domain, Content::first)?,
        vk: key,
        beta_g1: beta,
        delta_g1: delta,
    };
    let key = CircuitKey::of(&constraints, Origin::Ceremony, key);
    check_gate(&key)?;
    key.prove(circuit, rng)?;
    Ok(key)
}

fn header(mut content: Content<'_>, inputs: Content<'_>) -> Result<Header, ImportError> {
    let mut modulus = || -> Result<_, ZkeyFault> {
        let bytes = content.count()?;
        Ok((bytes, content.plain()?))
    };
    let (base, scalar) = (modulus()?, modulus()?);
    if base != (NUMBER_BYTES, Fq::MODULUS) || scalar != (NUMBER_BYTES, Fr::MODULUS) {
        return Err(ImportError::OtherSystem);
    }
    let mut count = || -> Result<usize, ZkeyFault> {
        usize::try_from(content.count()?).map_err(|_| ZkeyFault::Length)
    };
    let (wires, public, domain) = (count()?, count()?, count()?);
    let (alpha_g1, beta) = (content.first()?, content.first()?);
    let (beta_g2, gamma_g2) = (content.second()?, content.second()?);
    let (delta, delta_g2) = (content.first()?, content.second()?);
    content.end()?;
    // As many as there are: compared with the circuit before they are read.
    let points = public.checked_add(1).ok_or(ZkeyFault::Length)?;
    Ok(Header {
        wires,
        public,
        domain,
        key: VerifyingKey {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            gamma_abc_g1: inputs.all(points, Content::first)?,
        },
        beta,
        delta,
    })
}

fn check_shape(header: &Header, constraints: &Constraints) -> Result<(), ImportError> {
    let domain = (constraints.len() + constraints.public + 1).next_power_of_two();
    for (of, expected, found) in [
        ("wires", constraints.wires, header.wires),
        ("public inputs", constraints.public, header.public),
        ("steps of the domain", domain, header.domain),
    ] {
        if expected != found {
            return Err(ImportError::Shape {
                of,
                expected,
                found,
            });
        }
    }
    Ok(())
}

/// The first two matrices stand in the zkey, with a constraint for each public wire
/// behind them.
fn check_constraints(mut content: Content<'_>, of: &Constraints) -> Result<(), ImportError> {
    let mut expected = BTreeMap::new();
    for (row, sums) in of.rows.iter().enumerate() {
        for (matrix, sum) in sums[..2].iter().enumerate() {
            let sum = sum
                .iter()
                .map(|(wire, factor)| ((matrix, row, *wire), *factor));
            expected.extend(sum);
        }
    }
    expected.extend((0..=of.public).map(|wire| ((0, of.len() + wire, wire), Fr::ONE)));
    let count = content.count()?;
    for _ in 0..count {
        let mut place = || -> Result<usize, ZkeyFault> {
            usize::try_from(content.count()?).map_err(|_| ZkeyFault::Length)
        };
        let place = (place()?, place()?, place()?);
        let factor = content.factor()?;
        if expected.remove(&place) != Some(factor) {
            return Err(ImportError::OtherConstraints);
        }
    }
    content.end()?;
    if expected.is_empty() {
        Ok(())
    } else {
        Err(ImportError::OtherConstraints)
    }
}

/// That there is one; who they are is for people to compare.
fn check_contributions(mut content: Content<'_>) -> Result<(), ImportError> {
    // A hash of the circuit's part of the first phase, and the number of those who
    // contributed; their transcript follows.
    content.skip(HASH_BYTES)?;
    if content.count()? == 0 {
        return Err(ImportError::NoContribution);
    }
    Ok(())
}

/// What the gate says of the verifying half: on no network, so that an unsafe one
/// is refused.
fn check_gate(key: &CircuitKey) -> Result<(), ImportError> {
    let bytes = key.verifying_bytes();
    let inputs = u16::try_from(key.inputs()).unwrap_or(u16::MAX);
    groth16::VerifyingKey::decode(&bytes, KeyHash::of(&bytes), inputs, "")?;
    Ok(())
}

//! `pyralog zk statements`: what can be proved, and what a proof is worth.

use pyralog_primitives::Compute;
use pyralog_zk::stark::{AirId, OptionsId};
use pyralog_zk::statement::System;
use serde::Serialize;

use crate::args::ListStatements;
use crate::describe::{Row, rows_text};
use crate::error::CliError;
use crate::output::Console;
use crate::zk::catalog::Known;

#[derive(Serialize)]
struct StatementView {
    id: u32,
    name: Known,
    says: &'static str,
    system: SystemView,
    proof_bytes_max: u64,
    compute_max: Compute,
    hash: String,
    bits: String,
    hidden: &'static str,
    not_proved: &'static [&'static str],
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum SystemView {
    Groth16 {
        key: String,
        inputs: u16,
        /// Everybody forges proofs for the key.
        r#unsafe: bool,
    },
    Stark {
        air: &'static str,
        options: &'static str,
        zero_knowledge: bool,
    },
}

pub(super) fn run(args: &ListStatements, console: &Console) -> Result<(), CliError> {
    let views: Vec<StatementView> = match args.statement {
        Some(known) => vec![view(known)],
        None => Known::ALL.map(view).into(),
    };
    let blocks: Vec<String> = views.iter().map(text).collect();
    console.give(&blocks.join("\n"), &views)
}

fn view(known: Known) -> StatementView {
    let statement = known.statement();
    StatementView {
        id: statement.id.get(),
        name: known,
        says: known.says(),
        system: system_view(statement.system),
        proof_bytes_max: statement.proof_bytes_max.get(),
        compute_max: statement.compute_max,
        hash: statement.hash().to_string(),
        bits: known.bits(),
        hidden: known.hidden(),
        not_proved: known.not_proved(),
    }
}

fn system_view(system: System) -> SystemView {
    match system {
        System::Groth16 { key, inputs } => SystemView::Groth16 {
            key: key.to_string(),
            inputs,
            // All keys that this program knows are.
            r#unsafe: true,
        },
        System::Stark { air, options } => SystemView::Stark {
            air: match air {
                AirId::MerkleInclusion => "merkle inclusion",
                AirId::AppendBatch => "append batch",
                AirId::HeaderLinkage => "header linkage",
            },
            options: match options {
                OptionsId::Standard => "64 queries, blowup 8, 16 bits of grinding, cubic extension",
            },
            zero_knowledge: false,
        },
    }
}

fn text(view: &StatementView) -> String {
    let name = format!("{} (statement {})", view.name, view.id);
    let mut rows: Vec<Row> = vec![("name", name), ("says", view.says.to_owned())];
    match &view.system {
        SystemView::Groth16 { key, inputs, .. } => rows.extend([
            (
                "system",
                format!("Groth16 over BN254, {inputs} public inputs"),
            ),
            ("key", key.clone()),
            (
                "",
                "UNSAFE: for networks whose chain id begins with dev-".to_owned(),
            ),
        ]),
        SystemView::Stark { air, options, .. } => rows.extend([
            ("system", "STARK by Winterfell".to_owned()),
            ("air", (*air).to_owned()),
            ("options", (*options).to_owned()),
        ]),
    }
    let limits = format!(
        "{} bytes; {} compute to verify, about as many ns",
        view.proof_bytes_max, view.compute_max
    );
    rows.extend([
        ("at most", limits),
        ("bits", view.bits.clone()),
        ("hidden", view.hidden.to_owned()),
    ]);
    rows.extend(not_proved(view.not_proved));
    rows_text(&rows)
}

/// What stays for whoever accepts a proof.
pub(super) fn not_proved(lines: &[&'static str]) -> Vec<Row> {
    let names = std::iter::once("not proved").chain(std::iter::repeat(""));
    let rows = names.zip(lines);
    rows.map(|(name, line)| (name, (*line).to_owned()))
        .collect()
}

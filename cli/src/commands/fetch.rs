//! `pyralog genesis fetch`: the document of a running network.

use pyralog_primitives::GenesisHash;
use serde::Serialize;

use crate::args::FetchGenesis;
use crate::context::Context;
use crate::error::CliError;
use crate::files::{self, Access, StagedFile};
use crate::input;
use crate::sending::fetch_genesis;

#[derive(Serialize)]
struct FetchedView<'a> {
    chain_id: &'a str,
    hash: GenesisHash,
    file: Option<String>,
    document: &'a str,
}

pub(super) fn genesis(args: &FetchGenesis, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let (genesis, given) = fetch_genesis(&node)?;
    let (chain_id, hash) = (genesis.chain_id(), genesis.hash());
    let file = args.file.as_deref().filter(|path| !input::is_stdin(path));
    if let Some(path) = file {
        let target = files::resolved(path);
        let document = given.document.as_bytes();
        let staged = StagedFile::new(&target, document, Access::Default)?;
        if args.force {
            staged.replace()?;
        } else {
            staged.publish_new()?;
        }
        context
            .console
            .note(format_args!("wrote {}", path.display()));
    }
    context.console.note(format_args!(
        "{} says that the network '{chain_id}' has the hash\n  {hash}\n\
         Compare it with one that you have from people whom you trust.",
        node.url()
    ));
    let view = FetchedView {
        chain_id: chain_id.as_str(),
        hash,
        file: file.map(|path| path.display().to_string()),
        document: &given.document,
    };
    let text = if file.is_some() { "" } else { &given.document };
    context.console.give(text, &view)
}

//! What the disk may hold after a power cut.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Seed;
use crate::content::Content;
use crate::dice::Dice;
use crate::fate::{Cutting, Fates, NamesKept, Tails};
use crate::operation::{Mark, NodeId, Operation};
use crate::state::{Durable, Names, State};

/// A file or folder of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    File(Arc<Content>),
    Folder,
}

/// A directory as a power cut may leave it. Its `Display` says where the cut
/// was and what it did, for the message of a test that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    entries: BTreeMap<PathBuf, Entry>,
    fates: Fates,
    cut: Cut,
}

/// Where the power was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) at: usize,
    pub(crate) of: usize,
    pub(crate) in_flight: String,
    pub(crate) seed: Seed,
    pub(crate) tails: Tails,
    pub(crate) last_mark: Option<Mark>,
}

impl Image {
    /// Throws the dice for all that is pending in `state`.
    pub(crate) fn of(state: &State, journal: &[Operation], cut: Cut) -> Self {
        let dice = Dice::new(cut.seed.get(), cut.at);
        let mut cutting = Cutting::new(journal, cut.tails, dice);
        let kept = NamesKept::draw(state, &mut cutting);
        let mut entries = BTreeMap::new();
        walk(
            state,
            &mut |id, names| kept.after(state, id, names, journal),
            &mut |id, content| cutting.file_after(state.node(id), content),
            &mut entries,
        );
        Self {
            entries,
            fates: cutting.fates,
            cut,
        }
    }

    /// The last mark before the cut: the test must find what it stands for.
    pub fn last_mark(&self) -> Option<Mark> {
        self.cut.last_mark
    }

    /// How many unsynced operations met which end.
    pub fn fates(&self) -> Fates {
        self.fates
    }

    /// Writes the image into `directory`, which is made if it is not there and
    /// must not hold any of the image's files.
    pub fn write_to(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        // A folder sorts before what is in it.
        for (path, entry) in &self.entries {
            let path = directory.join(path);
            match entry {
                Entry::Folder => fs::create_dir(path)?,
                Entry::File(content) => write_file(&path, content)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Image {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = &self.cut;
        write!(
            to,
            "power cut at operation {} of {} ({}), seed {}, tails {:?}, ",
            cut.at,
            cut.of,
            cut.in_flight,
            cut.seed.get(),
            cut.tails
        )?;
        match cut.last_mark {
            Some(mark) => write!(to, "last mark {}, ", mark.get())?,
            None => write!(to, "no mark, ")?,
        }
        let fates = &self.fates;
        write!(
            to,
            "unsynced: {} kept, {} dropped, {} torn, {} padded, names {} kept, {} lost",
            fates.kept, fates.dropped, fates.torn, fates.padded, fates.names_kept, fates.names_lost
        )
    }
}

fn write_file(path: &Path, content: &Content) -> io::Result<()> {
    let file = File::create_new(path)?;
    file.set_len(content.length())?;
    for (offset, part) in content.parts() {
        file.write_all_at(part, offset)?;
    }
    Ok(())
}

/// The tree of a state in which nothing is pending.
pub(crate) fn settled(state: &State) -> BTreeMap<PathBuf, Entry> {
    let mut entries = BTreeMap::new();
    walk(
        state,
        &mut |_, names| names.clone(),
        &mut |_, content| Arc::clone(content),
        &mut entries,
    );
    entries
}

/// Collects what can be reached from the root, in the order of the names.
fn walk(
    state: &State,
    names_of: &mut dyn FnMut(NodeId, &Names) -> Names,
    content_of: &mut dyn FnMut(NodeId, &Arc<Content>) -> Arc<Content>,
    entries: &mut BTreeMap<PathBuf, Entry>,
) {
    let mut contents: BTreeMap<NodeId, Arc<Content>> = BTreeMap::new();
    // A folder has one name at most, renames being atomic: no cycles.
    let mut folders = vec![(PathBuf::new(), NodeId::ROOT)];
    while let Some((path, folder)) = folders.pop() {
        let Durable::Folder(names) = &state.node(folder).durable else {
            continue;
        };
        for (name, id) in names_of(folder, names) {
            let path = path.join(name);
            let entry = match &state.node(id).durable {
                Durable::Folder(_) => {
                    folders.push((path.clone(), id));
                    Entry::Folder
                }
                // Two names of one file lead to the same bytes.
                Durable::File(content) => Entry::File(Arc::clone(
                    contents
                        .entry(id)
                        .or_insert_with(|| content_of(id, content)),
                )),
            };
            entries.insert(path, entry);
        }
    }
}

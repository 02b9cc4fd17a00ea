//! Pages that no version holds any longer, to be used again.
//!
//! With an old version held, an update copies about two pages for each change
//! and the oldest version gives as many back. A general allocator takes longer
//! over that than the rest of the update. Nothing depends on it: without spare
//! pages new ones are made, and beyond the maximum they are freed.

use std::sync::Arc;

use crate::entry::Entry;
use crate::page::{Inner, Leaf, Link};

/// Pages of each kind that are kept, about 20 MiB in all. Fewer than a block
/// changes, and the allocator makes the rest; more, and memory is kept that
/// nothing may need again.
const SPARE_PAGE_COUNT_MAX: usize = 1 << 14;

/// Pages for the versions of one tree. None is held elsewhere, and the inner
/// ones have no links.
#[derive(Default)]
pub(crate) struct Spare {
    leaves: Vec<Arc<Leaf>>,
    inners: Vec<Arc<Inner>>,
}

impl Spare {
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.leaves.len() + self.inners.len()
    }

    /// Takes what is left of pages that were lent.
    pub(crate) fn join(&mut self, other: Self) {
        let inners = other.inners.into_iter();
        inners.for_each(|page| keep(&mut self.inners, page));
        let leaves = other.leaves.into_iter();
        leaves.for_each(|page| keep(&mut self.leaves, page));
    }

    /// A page without forks and links.
    pub(crate) fn inner(&mut self) -> Arc<Inner> {
        let mut page = self.inners.pop().unwrap_or_default();
        unshared(&mut page).clear();
        page
    }

    /// A page, to be changed: itself if no other version holds it, else a copy
    /// in its stead.
    pub(crate) fn own<'p>(&mut self, page: &'p mut Arc<Inner>) -> &'p mut Inner {
        if Arc::get_mut(page).is_none() {
            let mut copy = self.inners.pop().unwrap_or_default();
            unshared(&mut copy).copy(page);
            *page = copy;
        }
        unshared(page)
    }

    /// Hangs few entries at a link, in the page that hangs there already if no
    /// other version holds it.
    pub(crate) fn put(&mut self, link: &mut Link, entries: &[Entry]) {
        if entries.is_empty() {
            *link = Link::Empty;
        } else if let Link::Leaf(page) = link
            && let Some(page) = Arc::get_mut(page)
        {
            page.put(entries);
        } else {
            let mut page = self.leaves.pop().unwrap_or_default();
            unshared(&mut page).put(entries);
            *link = Link::Leaf(page);
        }
    }

    /// Takes what hangs below a page that is held once, as far as that is held
    /// once too.
    pub(crate) fn strip(&mut self, page: &mut Arc<Inner>) {
        let Some(page) = Arc::get_mut(page) else {
            return;
        };
        for link in &mut page.links {
            match std::mem::take(link) {
                Link::Empty => {}
                Link::Leaf(mut leaf) => {
                    if Arc::get_mut(&mut leaf).is_some() {
                        keep(&mut self.leaves, leaf);
                    }
                }
                Link::Inner(mut inner) => {
                    self.strip(&mut inner);
                    if Arc::get_mut(&mut inner).is_some() {
                        keep(&mut self.inners, inner);
                    }
                }
            }
        }
    }
}

fn keep<P>(pages: &mut Vec<Arc<P>>, page: Arc<P>) {
    if pages.len() < SPARE_PAGE_COUNT_MAX {
        pages.push(page);
    }
}

/// A page that an update has made or copied, hence no other version's.
pub(crate) fn unshared<P>(page: &mut Arc<P>) -> &mut P {
    Arc::get_mut(page).expect("what an update has changed is held by nobody else")
}

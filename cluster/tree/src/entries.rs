//! The entries of a version, in the order of their keys.

use crate::entry::Entry;
use crate::page::{Inner, Link};

/// Walks over all pages. The links of a page lie in the order of their keys.
pub(crate) struct Entries<'t> {
    leaf: std::slice::Iter<'t, Entry>,
    /// What is still to come, page in page.
    links: Vec<std::slice::Iter<'t, Link>>,
}

impl<'t> Entries<'t> {
    pub(crate) fn of(top: &'t Inner) -> Self {
        Self {
            leaf: [].iter(),
            links: vec![top.links.iter()],
        }
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = &'t Entry;

    fn next(&mut self) -> Option<&'t Entry> {
        loop {
            if let Some(entry) = self.leaf.next() {
                return Some(entry);
            }
            match self.links.last_mut()?.next() {
                None => {
                    self.links.pop();
                }
                Some(Link::Inner(page)) => self.links.push(page.links.iter()),
                Some(link) => self.leaf = link.entries().iter(),
            }
        }
    }
}

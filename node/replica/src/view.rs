//! The state at one moment, while commits go on.

use pyralog_chain::StateReader;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::write_set::StateValue;
use pyralog_store::{ReadError, View};

/// The state of a view: all reads see the same block.
pub struct StateOfView<'store>(pub View<'store>);

impl StateReader for StateOfView<'_> {
    type Error = ReadError;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, ReadError> {
        self.0.get(key)
    }
}

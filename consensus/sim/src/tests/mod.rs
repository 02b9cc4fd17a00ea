//! Claims about the simulator, and about engines under it.

mod calm;
mod chaos;
mod flawed;
mod protocols;
mod repeat;
mod sets;
mod solo;
mod treason;
mod twins;
mod vices;

//! Malachite's core, as something that is asked and answers.
//!
//! Its core is a coroutine that borrows its state and stops wherever it wants
//! something done: here state and coroutine live together in one coroutine of
//! our own, which may rest for as long as a signature takes.

use arc_malachitebft_core_consensus as malachite;
use arc_malachitebft_core_types::{ThresholdParam, ThresholdParams, ValuePayload};
use genawaiter::GeneratorState;
use genawaiter::sync::{Co, Gen, GenBoxed};
use malachite::{Effect, Error, Input, Params, Resume, State};

use crate::context::{Address, Context, Height, ValidatorSet};

/// Messages about other heights do not come here at all; this is the least that
/// the library takes.
const QUEUE_CAPACITY: usize = 1;

/// What the core is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// Something happened.
    Input(Box<Input<Context>>),
    /// What follows was written down before a restart; among it are these.
    BeginReplay(Vec<Input<Context>>),
    /// That was all.
    EndReplay,
}

/// What the core says.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is done with the command.
    Ready,
    /// It is done with the command, and it failed.
    Failed(Error<Context>),
    /// It wants this done, and to hear how it went.
    Wants(Box<Effect<Context>>),
}

/// What it is answered.
enum Answer {
    Command(Command),
    Resume(Box<Resume<Context>>),
}

/// The core of one height.
pub(crate) struct Core {
    coroutine: GenBoxed<Said, Answer, ()>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Core")
    }
}

impl Core {
    /// A core for this validator at a height.
    pub(crate) fn new(
        address: Address,
        height: Height,
        validators: ValidatorSet,
        quorum: ThresholdParam,
    ) -> Self {
        let params = Params {
            address,
            threshold_params: ThresholdParams {
                quorum,
                honest: ThresholdParam::F_PLUS_ONE,
            },
            // The only way in which the application is asked whether a block is
            // valid.
            value_payload: ValuePayload::ProposalAndParts,
            enabled: true,
        };
        let state = State::new(
            Context,
            height,
            validators,
            params,
            QUEUE_CAPACITY,
            QUEUE_CAPACITY,
        );
        let mut coroutine = Gen::new_boxed(|co| run(co, state));
        let first = coroutine.resume_with(Answer::Command(Command::EndReplay));
        debug_assert!(matches!(first, GeneratorState::Yielded(Said::Ready)));
        Self { coroutine }
    }

    /// Gives it a command. It must be ready.
    pub(crate) fn command(&mut self, command: Command) -> Said {
        self.answer(Answer::Command(command))
    }

    /// Tells it how it went with what it wanted.
    pub(crate) fn resume(&mut self, resume: Resume<Context>) -> Said {
        self.answer(Answer::Resume(Box::new(resume)))
    }

    fn answer(&mut self, answer: Answer) -> Said {
        match self.coroutine.resume_with(answer) {
            GeneratorState::Yielded(said) => said,
            GeneratorState::Complete(()) => unreachable!("the loop of the core has no end"),
        }
    }
}

async fn run(co: Co<Said, Answer>, mut state: State<Context>) {
    let mut said = Said::Ready;
    loop {
        said = match co.yield_(said).await {
            Answer::Command(Command::BeginReplay(inputs)) => {
                state.index_wal_entries(inputs.iter());
                Said::Ready
            }
            Answer::Command(Command::EndReplay) => {
                state.reset_entries_index();
                Said::Ready
            }
            Answer::Command(Command::Input(input)) => handle(&co, &mut state, *input).await,
            // An answer to nothing.
            Answer::Resume(_) => Said::Ready,
        };
    }
}

async fn handle(co: &Co<Said, Answer>, state: &mut State<Context>, input: Input<Context>) -> Said {
    let mut inner = Gen::new(|co| malachite::handle(co, state, &(), input));
    let mut resume = Resume::Start;
    loop {
        match inner.resume_with(resume) {
            GeneratorState::Yielded(effect) => {
                resume = match co.yield_(Said::Wants(Box::new(effect))).await {
                    Answer::Resume(resume) => *resume,
                    // A command while an answer is due: the core takes it for
                    // an answer of the wrong kind and gives the input up.
                    Answer::Command(_) => Resume::Start,
                };
            }
            GeneratorState::Complete(Ok(())) => return Said::Ready,
            GeneratorState::Complete(Err(error)) => return Said::Failed(error),
        }
    }
}

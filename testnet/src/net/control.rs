//! What is done to nodes: killed, paused, restarted, and all of them ended.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::Net;
use super::error::NetError;
use super::names::NodeName;
use super::process::{ProcessId, ProcessState};

/// How long a node may take to stop. It gives up itself after 30 seconds;
/// lower, and what it would have written is lost; higher, and a node that hangs
/// holds everybody up.
const STOP_MAX: Duration = Duration::from_secs(40);
/// A signal that nobody can refuse works within moments.
const SIGNAL_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl Net {
    /// Ends a node at once, as a loss of power to its process does.
    pub async fn kill(&mut self, node: &str) -> Result<(), NetError> {
        self.tell(node, Signal::KILL, |state| state == ProcessState::Ended)
            .await
    }

    /// Stops a node where it stands: it keeps what it has, connections too, and
    /// does nothing.
    pub async fn pause(&mut self, node: &str) -> Result<(), NetError> {
        self.tell(node, Signal::STOP, |state| state != ProcessState::Running)
            .await
    }

    /// Lets a node go on that was paused.
    pub async fn resume(&mut self, node: &str) -> Result<(), NetError> {
        self.tell(node, Signal::CONT, |state| state != ProcessState::Paused)
            .await
    }

    /// Stops a node in an orderly way, if it runs, and starts it again as it
    /// was started first. Returns when it answers.
    pub async fn restart(&mut self, node: &str) -> Result<(), NetError> {
        let place = self.find(node)?;
        self.restart_places(&[place]).await
    }

    /// The same with all nodes at once: none runs before all have stopped.
    pub async fn restart_all(&mut self) -> Result<(), NetError> {
        let all: Vec<usize> = (0..self.record.nodes.len()).collect();
        self.restart_places(&all).await
    }

    async fn restart_places(&mut self, places: &[usize]) -> Result<(), NetError> {
        let _at_work = self.place.lock().await?;
        self.reload()?;
        self.stop(places).await?;
        for place in places {
            self.start(*place)?;
        }
        self.wait_until_they_answer(places).await
    }

    /// Ends all nodes in an orderly way, and removes the directory unless it is
    /// to be kept.
    pub async fn down(mut self, keep: bool) -> Result<(), NetError> {
        let at_work = self.place.lock().await?;
        self.reload()?;
        let all: Vec<usize> = (0..self.record.nodes.len()).collect();
        self.stop(&all).await?;
        if !keep {
            self.place.remove()?;
        }
        drop(at_work);
        Ok(())
    }

    /// Sends a signal to a node that has not ended, and waits until it has done
    /// what it does.
    async fn tell(
        &mut self,
        node: &str,
        signal: Signal,
        is_done: impl Fn(ProcessState) -> bool,
    ) -> Result<(), NetError> {
        let place = self.find(node)?;
        let _at_work = self.place.lock().await?;
        self.reload()?;
        let (name, process) = self.process(place);
        let failed = NetError::io("signal the process of", &self.place.log(name));
        let was_told = match process {
            Some(process) => process.signal(signal).map_err(failed)?,
            None => false,
        };
        if !was_told {
            return Err(NetError::NotRunning {
                net: self.name().clone(),
                node: name,
            });
        }
        let end = Instant::now() + SIGNAL_MAX;
        while !is_done(self.state_of(&self.record.nodes[place])?) {
            if Instant::now() >= end {
                return Err(NetError::Stuck {
                    node: name,
                    waited: SIGNAL_MAX,
                });
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Asks nodes to stop, all at once, waits until they have, and kills those
    /// that have not in time. Also ends processes that are not written down.
    async fn stop(&self, places: &[usize]) -> Result<(), NetError> {
        let mut processes = Vec::new();
        for place in places {
            let (name, known) = self.process(*place);
            let log = self.place.log(name);
            let marked = ProcessId::marked(&log).map_err(NetError::io("look for", &log))?;
            // Told twice, a node would stop at once.
            let unknown = marked.into_iter().filter(|one| Some(one) != known);
            let all = known.into_iter().cloned().chain(unknown);
            processes.extend(all.map(|process| (name, process)));
        }
        let failed = |name| NetError::io("signal the process of", &self.place.log(name));
        for (name, process) in &processes {
            // One that is paused hears nothing before it goes on.
            for signal in [Signal::TERM, Signal::CONT] {
                process.signal(signal).map_err(failed(*name))?;
            }
        }
        let end = Instant::now() + STOP_MAX;
        for (name, process) in processes {
            while process.state().map_err(failed(name))? != ProcessState::Ended {
                if Instant::now() >= end {
                    process.kill().map_err(failed(name))?;
                }
                sleep(LOOK_AGAIN).await;
            }
        }
        Ok(())
    }

    fn process(&self, place: usize) -> (NodeName, Option<&ProcessId>) {
        let node = &self.record.nodes[place];
        (node.name, node.process.as_ref())
    }
}

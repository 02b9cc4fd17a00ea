//! Claims and witnesses of the statements of STARKs. Nothing in them is secret: a
//! proof may tell all of it.

use pyralog_primitives::{Height, LeafIndex, TimestampMs};
use pyralog_zk::stark::append::{self, Append, Lead, Record, RecordCount, Sequence, Totals};
use pyralog_zk::stark::linkage::{self, Header, Linkage, Point, States};
use pyralog_zk::stark::{Inclusion, root_of};
use serde::{Deserialize, Serialize};

use super::claim::{ClaimFault, Claims, NotSo, Public, said, settle};
use super::task::{StarkTask, Task};
use super::value::{Digest, Whole};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InclusionClaim {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<Digest>,
    leaf: Digest,
    /// The place of the leaf, counted from 0.
    index: LeafIndex,
    depth: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InclusionWitness {
    /// The other child at each level, from the leaf.
    path: Vec<Digest>,
}

impl InclusionClaim {
    fn under(&self, root: Digest) -> Result<Inclusion, ClaimFault> {
        let claim = Inclusion::new(root.0, self.leaf.0, self.index, self.depth);
        Ok(claim?)
    }
}

impl Claims for InclusionClaim {
    type Witness = InclusionWitness;

    fn complete(&mut self, witness: InclusionWitness) -> Result<Task, NotSo> {
        let path: Vec<_> = witness.path.iter().map(|digest| digest.0).collect();
        // Where the path leads does not depend on the root that is claimed.
        let somewhere = self.under(self.leaf)?;
        let root = Digest(root_of(&somewhere, &path)?);
        settle(&mut self.root, root, "root")?;
        Ok(Task::Stark(StarkTask::Inclusion(self.under(root)?, path)))
    }

    fn public(&self) -> Result<Public, ClaimFault> {
        let root = said(self.root, "root")?;
        Ok(Public::Inclusion(self.under(root)?))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppendClaim {
    from: LeadDocument,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<LeadDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch: Option<Digest>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeadDocument {
    digest: Digest,
    count: Whole,
    last: Whole,
    totals: [Whole; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppendWitness {
    records: Vec<RecordDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordDocument {
    sequence: Whole,
    amounts: [u32; 2],
    content: Digest,
}

impl LeadDocument {
    fn of(lead: &Lead) -> Self {
        Self {
            digest: Digest(lead.digest()),
            count: Whole(lead.count().get()),
            last: Whole(lead.last().get()),
            totals: lead.totals().get().map(Whole),
        }
    }

    fn lead(&self, field: &'static str) -> Result<Lead, ClaimFault> {
        let totals = Totals::new(self.totals.map(|total| total.0));
        let (count, last) = (RecordCount::new(self.count.0), Sequence::new(self.last.0));
        let lead = Lead::new(self.digest.0, count, last, totals);
        lead.map_err(|problem| ClaimFault::Lead { field, problem })
    }
}

impl Claims for AppendClaim {
    type Witness = AppendWitness;

    fn complete(&mut self, witness: AppendWitness) -> Result<Task, NotSo> {
        let from = self.from.lead("from")?;
        let records = witness.records.iter().map(|record| Record {
            sequence: Sequence::new(record.sequence.0),
            amounts: record.amounts,
            content: record.content.0,
        });
        let records: Vec<_> = records.collect();
        let append = append::append(&from, &records)?;
        settle(&mut self.to, LeadDocument::of(append.to()), "to")?;
        settle(&mut self.batch, Digest(append.batch()), "batch")?;
        Ok(Task::Stark(StarkTask::Append(from, records)))
    }

    fn public(&self) -> Result<Public, ClaimFault> {
        let (to, batch) = (said(self.to, "to")?, said(self.batch, "batch")?);
        let (from, to) = (self.from.lead("from")?, to.lead("to")?);
        Ok(Public::Append(Append::new(from, to, batch.0)?))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkageClaim {
    from: PointDocument,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<PointDocument>,
    /// What the first and the last header say of the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    states: Option<[Digest; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set: Option<Digest>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointDocument {
    link: Digest,
    height: Height,
    time: TimestampMs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkageWitness {
    headers: Vec<HeaderDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderDocument {
    state: Digest,
    time: TimestampMs,
    set: Digest,
}

impl PointDocument {
    fn of(point: &Point) -> Self {
        Self {
            link: Digest(point.link()),
            height: point.height(),
            time: point.time(),
        }
    }

    fn point(&self, field: &'static str) -> Result<Point, ClaimFault> {
        let point = Point::new(self.link.0, self.height, self.time);
        point.map_err(|problem| ClaimFault::Point { field, problem })
    }
}

impl Claims for LinkageClaim {
    type Witness = LinkageWitness;

    fn complete(&mut self, witness: LinkageWitness) -> Result<Task, NotSo> {
        let from = self.from.point("from")?;
        let headers = witness.headers.iter().map(|header| Header {
            state: header.state.0,
            time: header.time,
            set: header.set.0,
        });
        let headers: Vec<_> = headers.collect();
        let linkage = linkage::link(&from, &headers)?;
        let States { first, last } = *linkage.states();
        settle(&mut self.to, PointDocument::of(linkage.to()), "to")?;
        settle(&mut self.states, [first, last].map(Digest), "states")?;
        settle(&mut self.set, Digest(linkage.set()), "set")?;
        Ok(Task::Stark(StarkTask::Linkage(from, headers)))
    }

    fn public(&self) -> Result<Public, ClaimFault> {
        let (to, set) = (said(self.to, "to")?, said(self.set, "set")?);
        let [first, last] = said(self.states, "states")?;
        let (from, to) = (self.from.point("from")?, to.point("to")?);
        let states = States {
            first: first.0,
            last: last.0,
        };
        Ok(Public::Linkage(Linkage::new(from, to, states, set.0)?))
    }
}

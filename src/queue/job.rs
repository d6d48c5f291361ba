//! What a message says: the kind of work and the id of the row, nothing more.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Which table the id is of, and so what is to be done with the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JobKind {
    /// An inbox event to process.
    Event,
    /// A customer whose person is to be settled.
    Customer,
    /// An outbox message to deliver.
    Message,
    /// A recount to go on with.
    Recount,
    /// A pull of a connection's data to go on with.
    Pull,
}

impl JobKind {
    /// The word in the message and in labels of metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Customer => "customer",
            Self::Message => "message",
            Self::Recount => "recount",
            Self::Pull => "pull",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One piece of work. As text `event:<uuid>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Job {
    /// What is to be done.
    pub kind: JobKind,
    /// The row it is about.
    pub id: Uuid,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl FromStr for Job {
    type Err = JobParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, id) = text.split_once(':').ok_or(JobParseError)?;
        let kind = match kind {
            "event" => JobKind::Event,
            "customer" => JobKind::Customer,
            "message" => JobKind::Message,
            "recount" => JobKind::Recount,
            "pull" => JobKind::Pull,
            _ => return Err(JobParseError),
        };
        let id = Uuid::try_parse(id).map_err(|_| JobParseError)?;
        Ok(Self { kind, id })
    }
}

/// The text is no job: another version of the program wrote it, or somebody else did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a job")]
pub struct JobParseError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for kind in [JobKind::Event, JobKind::Customer, JobKind::Message, JobKind::Recount, JobKind::Pull] {
            let job = Job { kind, id: Uuid::now_v7() };
            assert_eq!(job.to_string().parse(), Ok(job));
        }
        let nil = Job { kind: JobKind::Event, id: Uuid::nil() };
        assert_eq!(nil.to_string(), "event:00000000-0000-0000-0000-000000000000");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "event", "event:", "event:1", "coffee:00000000-0000-0000-0000-000000000000"] {
            assert_eq!(text.parse::<Job>(), Err(JobParseError), "{text}");
        }
    }
}

//! A stretch of past time whose purchases are judged by one version of the terms, whatever their bindings say (CO-1).
//!
//! What is bound within it keeps the version that was in force then, so that purchases after it earn as if it had never been.

use chrono::{DateTime, Utc};
use entity::value::{ProgramId, Span, TermsId};

use super::enrollment::{Enrollment, TermsVersion};
use super::tally::Reach;

/// A stretch of past time whose purchases are judged by one version of the terms (CO-1).
#[derive(Clone, Debug)]
pub struct TermsSpan {
    span: Span,
    version: TermsVersion,
    /// The same version, once from each time on at which another one would be in force.
    parts: Vec<TermsVersion>,
}

/// Such a stretch of a whole program, as it would be.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The program.
    pub program: ProgramId,
    /// The time of the purchases.
    pub span: Span,
    /// The version by which they would be judged.
    pub version: TermsVersion,
}

impl Proposal {
    /// Lets an enrollment be judged by it, as the last word on its time.
    pub fn suppose(&self, enrollment: &mut Enrollment) {
        if enrollment.program == self.program {
            let reach = Reach::clone(&enrollment.reach).with(Reach::of([&*self.version.terms]));
            enrollment.reach = std::sync::Arc::new(reach);
            enrollment.spans.push(TermsSpan::new(self.span, self.version.clone(), &enrollment.terms));
        }
    }
}

impl TermsSpan {
    /// A stretch of time judged by `version` in place of the versions that are `usual`ly in force, which are in order of time.
    #[must_use]
    pub fn new(span: Span, version: TermsVersion, usual: &[TermsVersion]) -> Self {
        let part = |from: DateTime<Utc>| TermsVersion { from, ..version.clone() };
        let later = usual.iter().map(|one| one.from).filter(|from| span.from < *from && span.contains(*from));
        let parts = std::iter::once(span.from).chain(later).map(part).collect();
        Self { span, version, parts }
    }

    /// Whether a time lies in it.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.span.contains(at)
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> &TermsVersion {
        &self.version
    }

    /// The version, as it stands for the one that would be in force at a time within the stretch.
    #[must_use]
    pub fn part(&self, at: DateTime<Utc>) -> &TermsVersion {
        self.parts.iter().rev().find(|part| part.from <= at).unwrap_or(&self.version)
    }

    /// Whether this is one of its parts.
    #[must_use]
    pub fn is_part(&self, version: TermsId, from: DateTime<Utc>) -> bool {
        self.parts.iter().any(|part| part.id == version && part.from == from)
    }
}

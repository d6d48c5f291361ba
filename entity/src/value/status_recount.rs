//! Words of recounts.

use super::text_enum::text_enum;

text_enum! {
    /// Why what purchases earn is counted anew.
    RecountKind {
        /// To see what a reattribution would change. Nothing is posted.
        Preview = "PREVIEW",
        /// To bring commissions to what they should be. What differs is posted.
        Reattribution = "REATTRIBUTION",
        /// To see what proposed terms would cost. Nothing is posted.
        Simulation = "SIMULATION",
    }
}

text_enum! {
    /// What a recount is at, in this order. Where nothing reaches beyond one person there is nothing to do at most of them.
    RecountPhase {
        /// Adding up what persons would bring to sums over many persons (CO-6, CO-7).
        Sums = "SUMS",
        /// Adding up what periods of tiers would bring to them.
        PeriodSums = "PERIOD_SUMS",
        /// Going through persons.
        Persons = "PERSONS",
        /// Going through periods of tiers.
        Periods = "PERIODS",
        /// Going through periods of tiers that would be new.
        NewPeriods = "NEW_PERIODS",
        /// Settling those whose outcome does not fit any more what was posted for others.
        Others = "OTHERS",
    }
}

text_enum! {
    /// How far a recount has come.
    RecountStatus {
        /// It waits for a worker, or one is at it.
        Running = "RUNNING",
        /// It went through everything.
        Done = "DONE",
        /// It was broken off by hand.
        Cancelled = "CANCELLED",
        /// It failed too often.
        Failed = "FAILED",
    }
}

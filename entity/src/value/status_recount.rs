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

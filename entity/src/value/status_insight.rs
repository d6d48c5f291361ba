//! Words of the figures.

use super::text_enum::text_enum;

text_enum! {
    /// For whom figures are summed. The coarser ones are there so that a long range of a large merchant is read from few rows.
    InsightCut {
        /// The whole merchant.
        Total = "TOTAL",
        /// One program.
        Program = "PROGRAM",
        /// One link or code of one partner in one program.
        Full = "FULL",
    }
}

text_enum! {
    /// How long a bucket is.
    InsightGrain {
        /// A quarter of an hour.
        Quarter = "QUARTER",
        /// A day of UTC.
        Day = "DAY",
    }
}

//! Gather, decide, commit. The only place that opens transactions.

//! The doorbell: a queue message is an id, the table is the truth.

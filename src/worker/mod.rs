//! Takes jobs from the queue to services, and rings again for what the database says is unfinished.

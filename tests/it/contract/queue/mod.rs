//! What every queue promises, and what the one on Redis survives.

mod bench;
mod cases;
mod faults;
mod stand_in;

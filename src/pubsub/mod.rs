//! The live feed: what just happened, for whoever listens right now. Losing a message is harmless.

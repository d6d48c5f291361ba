//! Settings: one place, each with a flag, an environment variable, a default and a line of documentation.

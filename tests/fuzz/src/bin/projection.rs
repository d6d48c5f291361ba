//! Bodies of events.

#![cfg_attr(feature = "libfuzzer", no_main)]

tributary_fuzz::target!(tributary_fuzz::projection::one);

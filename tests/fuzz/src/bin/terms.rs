//! Terms as they are given.

#![cfg_attr(feature = "libfuzzer", no_main)]

tributary_fuzz::target!(tributary_fuzz::terms::one);

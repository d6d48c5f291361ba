//! Nothing: what is wanted is the archive that the build of libfuzzer-sys leaves behind.

//! Fuzz targets: what is done with an input, and what must hold afterwards. A rule that is broken panics.
//!
//! `cargo test` feeds each with some thousands of inputs made by chance. With the feature `libfuzzer` a fuzzer that is linked in drives them.

pub mod books;
pub mod input;
pub mod projection;
pub mod shop;
pub mod terms;

/// Makes a program of a target.
#[macro_export]
macro_rules! target {
    ($one:path) => {
        /// What libFuzzer calls with each input.
        ///
        /// # Safety
        /// libFuzzer owns the `size` bytes at `data` during the call.
        #[cfg(feature = "libfuzzer")]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
            $crate::abort_on_panic();
            // SAFETY: as above. For an empty input the address may be null.
            $one(if size == 0 { &[] } else { unsafe { std::slice::from_raw_parts(data, size) } });
            0
        }

        #[cfg(not(feature = "libfuzzer"))]
        fn main() {
            $crate::replay($one);
        }
    };
}

/// A panic ends the process at once, by which libFuzzer knows it.
pub fn abort_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            told(panic);
            std::process::abort();
        }));
    });
}

/// Does with each file that is named on the command line what the fuzzer did with it.
pub fn replay(one: fn(&[u8])) {
    for path in std::env::args_os().skip(1) {
        let data = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        one(&data);
        println!("{}: nothing found", path.display());
    }
}

#[cfg(test)]
mod tests {
    /// Numbers that look like chance, the same each time.
    fn bytes(seed: u64) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        };
        let length = usize::from(next()) * 2;
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn in_6_bodies_made_by_chance_break_no_rule() {
        super::projection::one(b"{}");
        super::projection::one(b"{\"object\":");
        (0..400).for_each(|seed| super::projection::one(&bytes(seed)));
    }

    #[test]
    fn co_1_terms_made_by_chance_break_no_rule() {
        super::terms::one(b"{}");
        (0..1_500).for_each(|seed| super::terms::one(&bytes(seed)));
    }

    /// A target that throws all inputs away would find nothing.
    #[test]
    fn the_inputs_reach_what_they_are_for() {
        let bodies = (0..100).filter(|seed| super::projection::reach(&bytes(*seed)) > 0).count();
        let settled = (0..400).filter(|seed| super::terms::reach(&bytes(*seed)) > 0).count();
        assert!(bodies > 50 && settled > 40, "{bodies} of 100 bodies, {settled} of 400 terms earned anything");
    }
}

//! Owns `pow`, the one function of the C library's mathematics that is called: by the libraries that tell how fast a progress bar
//! moves and how far a retry backs off. With it here, the loader has one library less to open at each start.
//! It refuses to be part of the library crate: a program in Rust that uses that keeps its own.

/// Raises a number to a power, under the name and by the rules of C (ISO/IEC 9899, 7.12.7.4 The pow functions).
#[expect(unsafe_code, reason = "nothing safe gives a function a name of C's; this one takes and gives plain numbers")]
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

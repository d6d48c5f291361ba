//! The cryptography behind TLS: one provider for the whole process, chosen here because the HTTP client does not choose.

use rustls::crypto::{CryptoProvider, ring};

/// Installs ring's provider unless the process has one. To be called before the first connection; calling it again does nothing.
pub fn install() {
    if CryptoProvider::get_default().is_none() {
        // Two threads may come here at once: the second finds the first one's provider, which is the same.
        let _ = ring::default_provider().install_default();
    }
}

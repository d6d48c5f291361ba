//! Who is asking: passwords, tokens, API keys, sealed secrets. Decides authenticity, never what a viewer may see.

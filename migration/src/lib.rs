//! Schema changes of Tributary, the same on SQLite and PostgreSQL.

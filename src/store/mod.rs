//! Every query, as functions over a connection or transaction. Holds no business decision.

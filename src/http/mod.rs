//! The front door: routes, limits and content types. Thin over service and graphql.

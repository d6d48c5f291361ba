//! The GraphQL schema: thin resolvers over store and service.

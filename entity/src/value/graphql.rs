//! How values show in GraphQL. It must stand here, as only this crate may teach these types a foreign trait.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use super::money::Currency;

/// Makes a typed id an `ID` of GraphQL, refused on input when it is of another kind.
macro_rules! id_type {
    ($name:ident) => {
        impl async_graphql::InputType for $name {
            type RawValueType = Self;

            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as async_graphql::InputType>::type_name()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::InputType>::create_type_info(registry)
            }

            fn parse(value: Option<async_graphql::Value>) -> async_graphql::InputValueResult<Self> {
                match value {
                    Some(async_graphql::Value::String(text)) => text.parse().map_err(async_graphql::InputValueError::custom),
                    other => Err(async_graphql::InputValueError::expected_type(other.unwrap_or_default())),
                }
            }

            fn to_value(&self) -> async_graphql::Value {
                async_graphql::Value::String(self.to_string())
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl async_graphql::OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as async_graphql::OutputType>::type_name()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::OutputType>::create_type_info(registry)
            }

            async fn resolve(
                &self,
                _: &async_graphql::ContextSelectionSet<'_>,
                _: &async_graphql::Positioned<async_graphql::parser::types::Field>,
            ) -> async_graphql::ServerResult<async_graphql::Value> {
                Ok(async_graphql::Value::String(self.to_string()))
            }
        }
    };
}

pub(crate) use id_type;

/// An ISO 4217 currency code in upper case, such as `EUR`; `XXX` where the currency is not known.
#[Scalar(name = "Currency")]
impl ScalarType for Currency {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => text.parse().map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, value};

    use crate::value::{Currency, CustomerId, Mode};

    struct Query;

    #[Object]
    impl Query {
        async fn echo(&self, id: CustomerId) -> CustomerId {
            id
        }

        async fn currency(&self, code: Currency) -> Currency {
            code
        }

        async fn mode(&self) -> Mode {
            Mode::Live
        }
    }

    #[tokio::test]
    async fn ids_are_id_and_currencies_a_scalar() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let sdl = schema.sdl();
        assert!(sdl.contains("echo(id: ID!): ID!"), "{sdl}");
        assert!(sdl.contains("currency(code: Currency!): Currency!"), "{sdl}");
        let id = "cst_01h455vb4pex5vsknk084sn02q";
        let answer = schema.execute(format!("{{ echo(id: \"{id}\") currency(code: \"eur\") mode }}")).await;
        assert_eq!(answer.data, value!({ "echo": id, "currency": "EUR", "mode": "LIVE" }));
        let refused = schema.execute("{ echo(id: \"mrc_01h455vb4pex5vsknk084sn02q\") }").await;
        assert!(refused.errors[0].message.contains("starts with `cst_`"), "{:?}", refused.errors);
        assert!(!schema.execute("{ currency(code: \"QQQ\") }").await.errors.is_empty());
    }
}

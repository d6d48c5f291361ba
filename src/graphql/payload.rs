//! What a mutation answers: the thing, or why it was not done (GQ-3).

use async_graphql::SimpleObject;

use crate::service::{Refusal, RefusalCode};

/// One thing that the caller has to change before the mutation can be done.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// Which field of the input, from the outside in; empty when it is about the whole.
    pub field: Vec<String>,
    /// What kind of thing, for programs.
    pub code: RefusalCode,
    /// What is wrong and what to do about it, for people.
    pub message: String,
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        Self { field: refusal.field, code: refusal.code, message: refusal.message }
    }
}

/// Declares the payload of a mutation: one field that is there when it was done, and `userErrors`. `answer` makes it of a service's result.
macro_rules! payload {
    ($(#[$meta:meta])* $name:ident { $(#[$field_meta:meta])* $field:ident: $type:ty }) => {
        $(#[$meta])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            $(#[$field_meta])*
            pub $field: Option<$type>,
            /// Why it was not done; empty when it was.
            pub user_errors: Vec<$crate::graphql::payload::UserError>,
        }

        impl $name {
            /// The payload of what the service answered.
            ///
            /// # Errors
            /// Everything that is not a refusal of the input.
            pub(super) fn answer<T: Into<$type>>(
                outcome: Result<T, $crate::service::ServiceError>,
            ) -> $crate::graphql::error::ApiResult<Self> {
                match outcome {
                    Ok(done) => Ok(Self { $field: Some(done.into()), user_errors: Vec::new() }),
                    Err($crate::service::ServiceError::Refused(refusals)) => Ok(Self {
                        $field: None,
                        user_errors: refusals.into_iter().map(Into::into).collect(),
                    }),
                    Err(other) => Err(other.into()),
                }
            }
        }
    };
}

pub(crate) use payload;

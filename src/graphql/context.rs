//! What a resolver works with: who asks, the services, and the loaders.
//!
//! A request carries one [`Viewer`] as data, put there by the edge that received it; without one it is the public.

use std::net::IpAddr;

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;

use super::error::{ApiError, ApiResult};
use super::loader::Batch;
use crate::domain::access::{Action, Denied, Scope, Viewer};
use crate::service::Services;

/// Where a request came from, for limits on attempts. The edge puts it beside the viewer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// The client's address, past trusted proxies.
    pub address: Option<IpAddr>,
}

/// Short ways to what the context holds.
pub trait Ask<'a> {
    /// Who asks.
    fn viewer(&self) -> &'a Viewer;

    /// The services.
    fn services(&self) -> &'a Services;

    /// The loaders: many look-ups of one kind become one query.
    fn loader(&self) -> &'a DataLoader<Batch>;

    /// The client's address, when it is known.
    fn address(&self) -> Option<IpAddr>;

    /// What the viewer may see when doing `action`.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` or `FORBIDDEN`.
    fn scope(&self, action: Action) -> ApiResult<Scope> {
        Ok(self.viewer().allow(action)?)
    }

    /// What the viewer may read.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` or `FORBIDDEN`.
    fn reads(&self) -> ApiResult<Scope> {
        self.scope(Action::Read)
    }

    /// What the viewer may read, where partners may not.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` or `FORBIDDEN`.
    fn merchant_reads(&self) -> ApiResult<Scope> {
        match self.reads()? {
            scope if scope.partner().is_some() => Err(Denied::Forbidden.into()),
            scope => Ok(scope),
        }
    }
}

impl<'a> Ask<'a> for Context<'a> {
    fn viewer(&self) -> &'a Viewer {
        self.data_opt::<Viewer>().unwrap_or(&Viewer::Public)
    }

    #[allow(clippy::expect_used, reason = "`schema` puts it there, so a schema without it cannot exist")]
    fn services(&self) -> &'a Services {
        self.data_opt::<Services>().expect("the schema holds the services")
    }

    #[allow(clippy::expect_used, reason = "`schema` puts it there, so a schema without it cannot exist")]
    fn loader(&self) -> &'a DataLoader<Batch> {
        self.data_opt::<DataLoader<Batch>>().expect("the schema holds the loaders")
    }

    fn address(&self) -> Option<IpAddr> {
        self.data_opt::<Origin>().and_then(|origin| origin.address)
    }
}

/// The error for a row that another row points to and that is not there: the foreign key forbids it, so it is a fault of ours.
#[must_use]
pub fn dangling(what: &str) -> ApiError {
    ApiError::internal(&format!("a {what} that a row points to is not there"))
}

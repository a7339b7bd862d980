//! A list API over HTTP.
//!
//! `GET {base}/v1/{resource}?limit=…&created[gte]=…&created[lt]=…&starting_after=…`, answered with
//! `{"data": […], "has_more": …}`, as Stripe's API has it and many others.

mod address;
mod answer;
mod retry_after;
mod setup;

use std::error::Error;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;

use super::api::{ListApi, ListParams, Page};
use super::error::ListError;
use crate::runtime::Runtime;
use address::Address;
use retry_after::retry_after;

pub use setup::{BearerToken, HttpSettings, HttpSetupError};

/// How it introduces itself.
const US: &str = concat!("backfill/", env!("CARGO_PKG_VERSION"));

/// A list API over HTTP/1.1, on connections that `C` makes: TCP, or whatever else carries bytes.
/// Clones share the connections.
///
/// There is no TLS in it: give it a connector that does TLS, or a proxy next to it that does.
///
/// A call is one try, and takes no longer than [`HttpSettings::timeout`] on the runtime's clock,
/// from the connection to the last byte. A request that finds its connection closed before any of
/// it was sent goes out on another one, and is the same try.
///
/// Wrap it in [`limited`](super::limited).
#[derive(Clone, Debug)]
pub struct HttpApi<C, R> {
    client: Client<C, Empty<Bytes>>,
    runtime: R,
    address: Address,
    settings: HttpSettings,
}

impl<R: Runtime> HttpApi<HttpConnector, R> {
    /// The API at `base`, as `http://localhost:8080`, over TCP. Names are resolved and addresses
    /// tried by the operating system and tokio, on their clocks.
    ///
    /// # Errors
    /// If `base` is not the address of a server that speaks HTTP without TLS, or the settings do
    /// not let any answer through.
    pub fn over_tcp(
        base: &str,
        runtime: R,
        settings: HttpSettings,
    ) -> Result<Self, HttpSetupError> {
        let mut connector = HttpConnector::new();
        // A request is one small write: nothing is gained by waiting for more.
        connector.set_nodelay(true);
        let api = Self::new(base, runtime, settings, connector)?;
        if api.address.is_encrypted() {
            return Err(HttpSetupError::NoTls {
                base: base.to_owned(),
            });
        }
        Ok(api)
    }
}

impl<C, R> HttpApi<C, R>
where
    C: Connect + Clone + Send + Sync + 'static,
    R: Runtime,
{
    /// The API at `base`, over connections that `connector` makes.
    ///
    /// # Errors
    /// If `base` is not the address of a server, or the settings do not let any answer through.
    pub fn new(
        base: &str,
        runtime: R,
        settings: HttpSettings,
        connector: C,
    ) -> Result<Self, HttpSetupError> {
        settings.check()?;
        let client = Client::builder(TokioExecutor::new())
            // hyper would look at the machine's clock for it. A connection that the other side
            // has closed is noticed without.
            .pool_idle_timeout(None)
            .build(connector);
        Ok(Self {
            client,
            runtime,
            address: Address::parse(base)?,
            settings,
        })
    }

    /// One try, however long it takes.
    async fn ask(&self, uri: Uri, cursor: Option<&str>) -> Result<Page, ListError> {
        let response = self.client.request(self.request(uri)?).await;
        let response = response.map_err(|error| ListError::Connection(chain(&error)))?;
        let status = response.status();
        // What these mean does not depend on a body, which may not even come.
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = retry_after(response.headers());
            return Err(ListError::RateLimited { retry_after });
        }
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Err(ListError::Server {
                status: status.as_u16(),
                retry_after: retry_after(response.headers()),
            });
        }
        let body = self.body(response).await?;
        if status == StatusCode::OK {
            return answer::page(&body);
        }
        Err(answer::refusal(status, &body, cursor))
    }

    fn request(&self, uri: Uri) -> Result<Request<Empty<Bytes>>, ListError> {
        let mut request = Request::get(uri)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, US);
        if let Some(token) = &self.settings.token {
            request = request.header(AUTHORIZATION, token.header());
        }
        request
            .body(Empty::new())
            .map_err(|error| ListError::System(format!("there is no such request: {error}")))
    }

    async fn body(&self, response: Response<Incoming>) -> Result<Bytes, ListError> {
        let most = self.settings.max_body_bytes;
        let body = Limited::new(response.into_body(), most).collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    ListError::System(format!("it is longer than {most} bytes"))
                } else {
                    ListError::Connection(chain(&*error))
                }
            })
    }
}

impl<C, R> ListApi for HttpApi<C, R>
where
    C: Connect + Clone + Send + Sync + 'static,
    R: Runtime,
{
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        let uri = self.address.of(&params)?;
        let timeout = self.settings.timeout;
        tokio::select! {
            biased;
            answer = self.ask(uri, params.starting_after.as_deref()) => answer,
            () = self.runtime.sleep(timeout) => Err(ListError::Timeout { after: timeout }),
        }
    }
}

/// An error and its causes on one line: hyper's own says only what was being done.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}

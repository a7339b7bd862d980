//! Servers on the loopback that list objects, or do what no server should.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A request, as a server sees it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
}

impl From<Request> for Asked {
    fn from(request: Request) -> Self {
        let query = request.uri().query().unwrap_or_default();
        Self {
            path: request.uri().path().to_owned(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: request.headers().clone(),
        }
    }
}

impl Asked {
    fn get(&self, key: &str) -> Option<&str> {
        let found = self.query.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| &**value)
    }

    fn number(&self, key: &str) -> i64 {
        self.get(key).unwrap().parse().unwrap()
    }
}

/// Serves what `answer` answers; where.
pub(crate) async fn serve(answer: impl Fn(Asked) -> Response + Send + Sync + 'static) -> String {
    let answer = Arc::new(answer);
    listen(Router::new().fallback(move |request: Request| async move { answer(request.into()) }))
        .await
}

/// Serves answers that never come, or that have `begun` and do not go on. `cue` is cancelled when
/// there is nothing left but to wait, and `left` when nobody waits any more.
pub(crate) async fn hang(begun: bool, cue: CancellationToken, left: CancellationToken) -> String {
    listen(Router::new().fallback(move || async move {
        let left = left.drop_guard();
        if begun {
            return Body::new(Odd::Begun(cue, left)).into_response();
        }
        cue.cancel();
        std::future::pending().await
    }))
    .await
}

async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

/// Answers every request with these bytes and hangs up.
pub(crate) async fn raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            connection.write_all(answer).await.unwrap();
        }
    });
    base
}

/// A body no server should send.
pub(crate) enum Odd {
    /// Blanks for ever.
    Endless,
    /// Not even a beginning.
    Silent,
    /// The connection breaks.
    Broken,
    /// A beginning, and then a cue and nothing. The guard is for whoever gives up.
    Begun(CancellationToken, #[allow(dead_code)] DropGuard),
}

impl hyper::body::Body for Odd {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &*self {
            Self::Endless => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 100]))))),
            Self::Silent => Poll::Pending,
            Self::Broken => Poll::Ready(Some(Err(io::Error::other("broken on purpose")))),
            Self::Begun(cue, _) if cue.is_cancelled() => Poll::Pending,
            Self::Begun(cue, _) => {
                cue.cancel();
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{\"data\":[")))))
            }
        }
    }
}

/// An object of a server.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) body: String,
}

/// All objects of a server, newest first.
#[derive(Debug)]
pub(crate) struct Objects(Vec<Object>);

impl Objects {
    /// So many, over the first 100 s.
    pub(crate) fn new(count: i64) -> Self {
        let object = |number: i64| {
            let (id, created) = (format!("ch_{number:05}"), 99 - number * 100 / count);
            // As somebody might write it who does not use the serialiser that reads it.
            let body = format!(r#"{{"created" : {created},"amount": 1.50e1, "id": "{id}"}}"#);
            Object { id, created, body }
        };
        Self((0..count).map(object).collect())
    }

    /// Those created from `gte` on and before `lt`.
    pub(crate) fn within(&self, gte: i64, lt: i64) -> Vec<&Object> {
        let within = |object: &&Object| (gte..lt).contains(&object.created);
        self.0.iter().filter(within).collect()
    }

    /// The page that is asked for.
    pub(crate) fn page(&self, asked: &Asked) -> Response {
        let mut left = self.within(asked.number("created[gte]"), asked.number("created[lt]"));
        if let Some(cursor) = asked.get("starting_after") {
            let at = left.iter().position(|object| object.id == cursor).unwrap();
            left.drain(..=at);
        }
        let limit = usize::try_from(asked.number("limit")).unwrap();
        let bodies = left.iter().take(limit).map(|object| &*object.body);
        let data = bodies.collect::<Vec<&str>>().join(",\n");
        let has_more = left.len() > limit;
        format!(r#"{{"object":"list","has_more":{has_more},"data":[{data}],"url":"/"}}"#)
            .into_response()
    }
}

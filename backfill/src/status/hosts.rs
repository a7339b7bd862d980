//! By what names a server may be asked.
//!
//! A browser that shows a page of `evil.example` lets its script read answers of `evil.example`
//! alone; but whoever owns that name can make it point to 127.0.0.1. What cannot be faked is that
//! the request then says `Host: evil.example`.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

/// By what names a server may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hosts {
    /// By any.
    Any,
    /// As `localhost`, by a loopback address, or by its own address.
    Local(Option<SocketAddr>),
}

impl Hosts {
    pub(super) const fn loopback(self) -> Self {
        match self {
            Self::Any => Self::Local(None),
            Self::Local(_) => self,
        }
    }

    /// An address that stands for all of them (0.0.0.0) is no name to be asked by.
    pub(super) fn or_at(self, address: SocketAddr) -> Self {
        Self::Local((!address.ip().is_unspecified()).then_some(address))
    }

    /// `routes`, refusing requests by another name.
    pub(super) fn guard(self, routes: Router) -> Router {
        if self == Self::Any {
            return routes;
        }
        routes.layer(from_fn_with_state(self, check))
    }

    /// Whether each name in `request`, and there must be one, is one of ours.
    fn is_asked(self, request: &Request) -> bool {
        let in_line = request.uri().authority().map(Authority::as_str);
        let in_head = request.headers().get_all(HOST).iter();
        let mut names = in_line
            .into_iter()
            .chain(in_head.map(|name| name.to_str().unwrap_or_default()))
            .peekable();
        names.peek().is_some() && names.all(|name| self.is_own(name))
    }

    fn is_own(self, name: &str) -> bool {
        let Self::Local(own) = self else { return true };
        let Ok(authority) = name.parse::<Authority>() else {
            return false;
        };
        if name.contains('@') {
            return false;
        }
        let host = authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(ip) if ip.is_loopback() => true,
            Ok(ip) => own.is_some_and(|own| own.ip() == ip && own.port() == port(&authority)),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }
}

async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    if hosts.is_asked(&request) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "refused: not asked as localhost\n").into_response()
    }
}

/// The port a name means; 80 if it says none.
fn port(authority: &Authority) -> u16 {
    authority.port_u16().unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_else_can_own_are_own() {
        let local = Hosts::Any.loopback();
        for own in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:80",
        ] {
            assert!(local.is_own(own), "{own}");
        }
        let others = [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.7:80",
            "evil@127.0.0.1",
            "127.0.0.1@evil.example",
            "0.0.0.0",
            "",
            "local host",
            "[::2]",
        ];
        for other in others {
            assert!(!local.is_own(other), "{other}");
        }
        let bound = Hosts::Any.or_at("10.0.0.7:8080".parse().unwrap());
        assert!(bound.is_own("10.0.0.7:8080") && bound.loopback().is_own("10.0.0.7:8080"));
        assert!(!bound.is_own("10.0.0.7") && !bound.is_own("10.0.0.8:8080"));
        let everywhere = Hosts::Any.or_at("0.0.0.0:80".parse().unwrap());
        assert!(everywhere.is_own("localhost") && !everywhere.is_own("0.0.0.0"));
    }
}

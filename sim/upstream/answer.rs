//! What the API says: pages and errors, as JSON and as HTTP.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::query::BadParameter;
use super::settings::RetryAfter;
use super::stream::{Listing, Stream};

const SECOND_NS: u64 = 1_000_000_000;
/// About how long an object is, bytes, with room to spare.
const OBJECT_LENGTH: usize = 256;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// `None` for the loss of the connection.
    pub(super) status: Option<StatusCode>,
    pub(super) body: String,
    /// When to come back, ns from when the request came.
    pub(super) retry_after_ns: Option<u64>,
}

/// Marks a response that must not be sent: the connection is to be lost instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost;

impl Answer {
    pub(super) const fn lost() -> Self {
        Self {
            status: None,
            body: String::new(),
            retry_after_ns: None,
        }
    }

    /// A page of the stream `name`.
    pub(super) fn page(stream: &Stream, name: &str, page: &Listing) -> Self {
        let mut body = String::with_capacity(page.positions.len() * OBJECT_LENGTH + 128);
        body.push_str("{\"object\":\"list\",\"data\":[");
        for (nth, &position) in page.positions.iter().enumerate() {
            if nth > 0 {
                body.push(',');
            }
            stream.push_body(&mut body, position);
        }
        // Writing to a String cannot fail. A stream's name is part of an address already.
        let _ = write!(
            body,
            "],\"has_more\":{},\"url\":\"/v1/{name}\"}}",
            page.has_more
        );
        Self {
            status: Some(StatusCode::OK),
            body,
            retry_after_ns: None,
        }
    }

    pub(super) fn too_many(retry_after_ns: u64) -> Self {
        let error = json!({
            "type": "invalid_request_error",
            "code": "rate_limit",
            "message": "Too many requests, too fast. Wait, and ask less often.",
        });
        Self {
            retry_after_ns: Some(retry_after_ns),
            ..Self::error(StatusCode::TOO_MANY_REQUESTS, &error)
        }
    }

    pub(super) fn unavailable() -> Self {
        let error = json!({ "type": "api_error", "message": "The service is unavailable." });
        Self::error(StatusCode::SERVICE_UNAVAILABLE, &error)
    }

    pub(super) fn failed(status: u16) -> Self {
        let error = json!({ "type": "api_error", "message": "Something went wrong here." });
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::error(status, &error)
    }

    pub(super) fn bad(parameter: &BadParameter) -> Self {
        let error = json!({
            "type": "invalid_request_error",
            "param": parameter.name,
            "message": format!("Invalid {}: {}.", parameter.name, parameter.message),
        });
        Self::error(StatusCode::BAD_REQUEST, &error)
    }

    pub(super) fn unknown_object(id: &str) -> Self {
        let error = json!({
            "type": "invalid_request_error",
            "code": "resource_missing",
            "param": "starting_after",
            "message": format!("No such object: '{id}'"),
        });
        Self::error(StatusCode::NOT_FOUND, &error)
    }

    pub(super) fn unknown_address(path: &str) -> Self {
        let error = json!({
            "type": "invalid_request_error",
            "message": format!("Unrecognized request URL (GET: {path})."),
        });
        Self::error(StatusCode::NOT_FOUND, &error)
    }

    fn error(status: StatusCode, error: &serde_json::Value) -> Self {
        Self {
            status: Some(status),
            body: json!({ "error": error }).to_string(),
            retry_after_ns: None,
        }
    }

    /// As HTTP. `came_ns` after the unix second `present_s` the request came.
    pub(super) fn into_response(
        self,
        (present_s, came_ns): (i64, u64),
        way: RetryAfter,
    ) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        let Some(status) = self.status else {
            response.extensions_mut().insert(Lost);
            return response;
        };
        *response.status_mut() = status;
        let date = |second: u64| {
            let unix = present_s.saturating_add_unsigned(second);
            let unix = Duration::from_secs(u64::try_from(unix).unwrap_or(0));
            httpdate::fmt_http_date(UNIX_EPOCH + unix)
        };
        let retry_after = self.retry_after_ns.and_then(|wait_ns| match way {
            RetryAfter::Seconds => Some(wait_ns.div_ceil(SECOND_NS).to_string()),
            RetryAfter::Fraction => {
                let wait_ms = wait_ns.div_ceil(1_000_000);
                Some(format!("{}.{:03}", wait_ms / 1_000, wait_ms % 1_000))
            }
            RetryAfter::Date => Some(date((came_ns + wait_ns).div_ceil(SECOND_NS))),
            RetryAfter::Absent => None,
        });
        let headers = response.headers_mut();
        let mut insert = |name, value: String| {
            // All of it is ASCII that can be seen.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        };
        insert(header::CONTENT_TYPE, "application/json".to_owned());
        // The API's own time, also where the host's is another.
        insert(header::DATE, date(came_ns / SECOND_NS));
        if let Some(retry_after) = retry_after {
            insert(header::RETRY_AFTER, retry_after);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_when_to_come_back_and_never_too_early() {
        let said = |way, came_ns, wait_ns| {
            let answer = Answer::too_many(wait_ns);
            let response = answer.into_response((1_767_225_600, came_ns), way);
            let header = |name| {
                let value = response.headers().get(name);
                value.map(|value| value.to_str().unwrap().to_owned())
            };
            (header(header::RETRY_AFTER), header(header::DATE).unwrap())
        };
        let wait = |way, came_ns, wait_ns| said(way, came_ns, wait_ns).0;
        let some = |text: &str| Some(text.to_owned());
        let (second, half) = (SECOND_NS, SECOND_NS / 2);
        assert_eq!(wait(RetryAfter::Seconds, 0, 1), some("1"));
        assert_eq!(wait(RetryAfter::Seconds, 0, second), some("1"));
        assert_eq!(wait(RetryAfter::Seconds, 0, second + 1), some("2"));
        assert_eq!(wait(RetryAfter::Fraction, 0, 40_000_001), some("0.041"));
        assert_eq!(wait(RetryAfter::Fraction, 0, 12 * second), some("12.000"));
        assert_eq!(wait(RetryAfter::Absent, 0, second), None);
        let (again, date) = said(RetryAfter::Date, half, half + 1);
        assert_eq!(date, "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(again, some("Thu, 01 Jan 2026 00:00:02 GMT"));
    }
}

//! What an API answers.

use std::borrow::Cow;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::listing::api::{Item, Page};
use crate::listing::error::ListError;

/// A page, its objects not yet looked into.
#[derive(Deserialize)]
struct Listing<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    has_more: bool,
}

/// What is needed of an object.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    created: Option<i64>,
}

/// An error, as Stripe's API tells it.
#[derive(Deserialize)]
struct Refusal {
    error: Detail,
}

#[derive(Deserialize)]
struct Detail {
    message: Option<String>,
    code: Option<String>,
    param: Option<String>,
}

/// The page that `body` is. Objects are kept as they were sent, byte by byte.
pub(super) fn page(body: &[u8]) -> Result<Page, ListError> {
    let system = |what: &dyn std::fmt::Display| ListError::System(what.to_string());
    let body = std::str::from_utf8(body).map_err(|error| system(&error))?;
    let listing: Listing<'_> = serde_json::from_str(body).map_err(|error| system(&error))?;
    let items = listing.data.iter().enumerate().map(|(position, object)| {
        let wrong = |what: &dyn std::fmt::Display| {
            ListError::System(format!("object {position} of the page: {what}"))
        };
        let head: Head<'_> = serde_json::from_str(object.get()).map_err(|error| wrong(&error))?;
        if head.id.is_empty() {
            // No page could go on after it.
            return Err(wrong(&"its `id` is empty"));
        }
        Ok(Item {
            id: head.id.into(),
            created: head.created,
            body: object.get().into(),
        })
    });
    Ok(Page {
        items: items.collect::<Result<_, _>>()?,
        has_more: listing.has_more,
        took: None,
    })
}

/// What an answer means that is no page. `cursor` is the object the page was to go on after.
pub(super) fn refusal(status: StatusCode, body: &[u8], cursor: Option<&str>) -> ListError {
    let detail = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error);
    let says = |field: fn(&Detail) -> &Option<String>| {
        let detail = detail.as_ref().ok();
        detail.and_then(|detail| field(detail).as_deref())
    };
    let status_code = status.as_u16();
    if let (400 | 404, Some(cursor)) = (status_code, cursor)
        && says(|detail| &detail.code) == Some("resource_missing")
        && says(|detail| &detail.param) == Some("starting_after")
    {
        return ListError::CursorGone {
            cursor: cursor.to_owned(),
        };
    }
    let message = says(|detail| &detail.message)
        .map_or_else(|| beginning(&String::from_utf8_lossy(body)), beginning);
    match status_code {
        401 | 403 => ListError::Auth {
            status: status_code,
            message,
        },
        400..=499 => ListError::Config {
            status: status_code,
            message,
        },
        _ => ListError::System(format!("status {status_code}: {message}")),
    }
}

/// As much of a text as fits into a message.
fn beginning(text: &str) -> String {
    const MOST: usize = 300;
    let mut text = text.trim().chars();
    let mut beginning: String = text.by_ref().take(MOST).collect();
    if text.next().is_some() {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(body: &str) -> String {
        match page(body.as_bytes()) {
            Err(ListError::System(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn objects_are_kept_as_they_were_sent() {
        let first = r#"{"id" : "a\"é", "created":-7, "big": 1.10e400,"x":{"id":[ ]}}"#;
        let second = r#"{ "created":null,"id":"b" }"#;
        let body = format!(r#"{{"object":"list","data":[{first}, {second}],"has_more":true}}"#);
        let page = page(body.as_bytes()).unwrap();
        assert!(page.has_more);
        let [one, two] = &page.items[..] else {
            panic!("{page:?}");
        };
        assert_eq!(
            (&*one.id, one.created, &*one.body),
            ("a\"é", Some(-7), first)
        );
        assert_eq!((&*two.id, two.created, &*two.body), ("b", None, second));
    }

    #[test]
    fn what_is_no_page_is_told_with_its_place() {
        let of = |object: &str| {
            let good = r#"{"id":"a"}"#;
            system(&format!(r#"{{"data":[{good},{object}],"has_more":false}}"#))
        };
        for (object, what) in [
            (r#"{"created":5}"#, "missing field `id`"),
            (r#"{"id":7}"#, "invalid type: integer `7`"),
            (r#"{"id":""}"#, "its `id` is empty"),
            (r#"{"id":"b","id":"c"}"#, "duplicate field `id`"),
            (
                r#"{"id":"b","created":1.5}"#,
                "invalid type: floating point",
            ),
            (r#"{"id":"b","created":"5"}"#, "invalid type: string"),
            (r#""b""#, "invalid type: string"),
        ] {
            let message = of(object);
            assert!(message.starts_with("object 1 of the page: "), "{message}");
            assert!(message.contains(what), "{object}: {message}");
        }
        for (body, what) in [
            ("", "EOF"),
            ("<html>", "expected value"),
            (r#"{"data":[]}"#, "missing field `has_more`"),
            (r#"{"has_more":false}"#, "missing field `data`"),
            (r#"{"data":{},"has_more":false}"#, "expected a sequence"),
            (r#"{"data":[],"has_more":false}x"#, "trailing characters"),
        ] {
            let message = system(body);
            assert!(message.contains(what), "{body}: {message}");
        }
        assert!(page(b"\xff").is_err());
    }

    #[test]
    fn a_refusal_says_what_can_be_done() {
        let told = |status: u16, body: &str, cursor| {
            refusal(
                StatusCode::from_u16(status).unwrap(),
                body.as_bytes(),
                cursor,
            )
        };
        let gone = r#"{"error":{"code":"resource_missing","param":"starting_after",
                       "message":"No such object: 'a'"}}"#;
        let cursor_gone = ListError::CursorGone {
            cursor: "a".to_owned(),
        };
        assert_eq!(told(404, gone, Some("a")), cursor_gone);
        assert_eq!(told(400, gone, Some("a")), cursor_gone);
        let config = |status, message: &str| ListError::Config {
            status,
            message: message.to_owned(),
        };
        // Nobody sent one, or the API misses something else.
        assert_eq!(told(404, gone, None), config(404, "No such object: 'a'"));
        assert_eq!(
            told(422, gone, Some("a")),
            config(422, "No such object: 'a'")
        );
        for (code, param) in [("resource_missing", "id"), ("invalid", "starting_after")] {
            let other =
                format!(r#"{{"error":{{"code":"{code}","param":"{param}","message":"m"}}}}"#);
            assert_eq!(told(404, &other, Some("a")), config(404, "m"));
        }
        assert_eq!(
            told(404, " not found\n", Some("a")),
            config(404, "not found")
        );
        let auth = ListError::Auth {
            status: 401,
            message: "no".to_owned(),
        };
        assert_eq!(told(401, r#"{"error":{"message":"no"}}"#, None), auth);
        let moved = ListError::System("status 302: elsewhere".to_owned());
        assert_eq!(told(302, "elsewhere", None), moved);
        let ListError::Config { message, .. } = told(418, &"é".repeat(1_000), None) else {
            panic!("4xx");
        };
        assert_eq!(message, "é".repeat(300) + "…");
    }
}

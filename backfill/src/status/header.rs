//! Headers: what browsers may do with an answer, and errors in a header.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

/// Why the backfills are missing in an answer that says other things, too.
pub(super) const ERROR: HeaderName = HeaderName::from_static("x-async-migrations-error");

/// Longest error in a header, bytes; servers and proxies refuse heads of some kilobytes.
const LONGEST: usize = 400;

/// Scripts and styles from here alone, and nothing inline: a name in the ledger that is markup
/// could do nothing even if it got into the page.
const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'self'";

const SECURE: [(HeaderName, &str); 5] = [
    // What the API says is true only now, and the page has to fit it.
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// On every answer.
pub(crate) async fn secure(mut answer: Response) -> Response {
    for (name, value) in SECURE {
        let value = HeaderValue::from_static(value);
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// `text` as a header's value: what is not printable ASCII becomes `?`, so that no text can end
/// the header and begin another one.
pub(super) fn value(text: &str) -> HeaderValue {
    let printable = |letter: char| match letter {
        ' '..='~' => letter,
        _ => '?',
    };
    let text: String = text.chars().map(printable).take(LONGEST).collect();
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("unreadable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_value_of_one_line() {
        assert_eq!(value("no such table: x"), "no such table: x");
        assert_eq!(value("a\r\nSet-Cookie: b\0ü"), "a??Set-Cookie: b??");
        assert_eq!(value(&"é".repeat(9_000)).len(), LONGEST);
    }
}

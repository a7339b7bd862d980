//! For how long an API wants to hear nothing.

use std::time::Duration;

use httpdate::parse_http_date;
use hyper::HeaderMap;
use hyper::header::{DATE, HeaderName, RETRY_AFTER};

/// What `Retry-After` says (RFC 9110, section 10.2.3): seconds, of which some servers send
/// fractions, or a date. A date counts from the answer's own `Date`, because the server's clock
/// need not be ours; without one it says nothing. Neither does what is not understood.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let says = text(RETRY_AFTER)?;
    seconds(says).or_else(|| {
        let until = parse_http_date(says).ok()?;
        let now = parse_http_date(text(DATE)?).ok()?;
        Some(until.duration_since(now).unwrap_or_default())
    })
}

fn seconds(says: &str) -> Option<Duration> {
    // A float may also be written as `inf`, `1e9` or `-1`; seconds may not.
    let plain = says
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = says.parse().ok().filter(|_| plain)?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(says: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, says.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn seconds_may_have_fractions() {
        assert_eq!(wait("7", None), Some(Duration::from_secs(7)));
        assert_eq!(wait(" 0.25 ", None), Some(Duration::from_millis(250)));
        assert_eq!(wait("0", None), Some(Duration::ZERO));
        for odd in [
            "-1",
            "inf",
            "NaN",
            "1e9",
            "",
            ".",
            "soon",
            "99999999999999999999",
        ] {
            assert_eq!(wait(odd, None), None, "{odd}");
        }
    }

    #[test]
    fn a_date_counts_from_the_servers_own() {
        let until = "Sun, 06 Nov 1994 08:49:37 GMT";
        let now = "Sun, 06 Nov 1994 08:49:07 GMT";
        assert_eq!(wait(until, Some(now)), Some(Duration::from_secs(30)));
        assert_eq!(wait(now, Some(until)), Some(Duration::ZERO));
        assert_eq!(wait(until, None), None);
        assert_eq!(wait(until, Some("yesterday")), None);
    }
}

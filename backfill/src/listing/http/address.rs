//! Where a page is found.

use form_urlencoded::{Serializer, byte_serialize};
use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};

use super::setup::HttpSetupError;
use crate::listing::api::ListParams;
use crate::listing::error::ListError;

/// Where an API is.
#[derive(Clone, Debug)]
pub(super) struct Address {
    scheme: Scheme,
    authority: Authority,
    /// What comes before `/v1`, without a slash at its end.
    path: Box<str>,
}

impl Address {
    /// Takes `base` apart.
    pub(super) fn parse(base: &str) -> Result<Self, HttpSetupError> {
        let wrong = |reason: &str| HttpSetupError::Base {
            base: base.to_owned(),
            reason: reason.to_owned(),
        };
        if base.contains('@') {
            return Err(HttpSetupError::Credentials);
        }
        let uri: Uri = base.parse().map_err(|error| HttpSetupError::Base {
            base: base.to_owned(),
            reason: format!("{error}"),
        })?;
        if uri.query().is_some() || base.contains('#') {
            return Err(wrong("there is something behind its path"));
        }
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong(
                "it does not begin with http:// and the name of a server",
            ));
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(wrong("it is neither http:// nor https://"));
        }
        let path = parts.path_and_query;
        let path = path.as_ref().map_or("", |path| path.path());
        Ok(Self {
            scheme,
            authority,
            path: path.trim_end_matches('/').into(),
        })
    }

    /// Whether it wants TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Where the page of `params` is.
    pub(super) fn of(&self, params: &ListParams) -> Result<Uri, ListError> {
        let mut path = format!("{}/v1", self.path);
        for part in params.resource.split('/') {
            path.push('/');
            for piece in byte_serialize(part.as_bytes()) {
                // That is how forms write a space; addresses do not.
                path.push_str(if piece == "+" { "%20" } else { piece });
            }
        }
        path.push('?');
        let query_at = path.len();
        let mut query = Serializer::for_suffix(path, query_at);
        query
            .append_pair("limit", &params.limit.to_string())
            .append_pair("created[gte]", &params.created.gte.to_string())
            .append_pair("created[lt]", &params.created.lt.to_string());
        if let Some(cursor) = &params.starting_after {
            query.append_pair("starting_after", cursor);
        }
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(query.finish())
            .build()
            .map_err(|error| ListError::System(format!("there is no such address: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::range::Range;

    fn address(base: &str, resource: &str, starting_after: Option<&str>) -> String {
        let params = ListParams {
            resource: resource.into(),
            created: Range::new(-5, 10),
            limit: 100,
            starting_after: starting_after.map(Into::into),
        };
        let address = Address::parse(base).unwrap();
        address.of(&params).unwrap().to_string()
    }

    #[test]
    fn an_address_says_what_is_asked_for() {
        let query = "limit=100&created%5Bgte%5D=-5&created%5Blt%5D=10";
        let bare = address("http://localhost:80", "charges", None);
        assert_eq!(bare, format!("http://localhost:80/v1/charges?{query}"));
        let after = address("https://a.b/c/", "issuing/cards", Some("ch_1"));
        assert_eq!(
            after,
            format!("https://a.b/c/v1/issuing/cards?{query}&starting_after=ch_1")
        );
    }

    #[test]
    fn nothing_gets_out_of_its_place() {
        let odd = address("http://a", "a b?c#d/%2F", Some("é&x=1 +#"));
        let query = "limit=100&created%5Bgte%5D=-5&created%5Blt%5D=10";
        assert_eq!(
            odd,
            format!("http://a/v1/a%20b%3Fc%23d/%252F?{query}&starting_after=%C3%A9%26x%3D1+%2B%23")
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        for (base, reason) in [
            ("", "empty string"),
            ("localhost:8080", "it does not begin with http://"),
            ("/v1", "it does not begin with http://"),
            ("ftp://a", "it is neither http:// nor https://"),
            ("http://a?b=c", "there is something behind its path"),
            ("http://a/#c", "there is something behind its path"),
            ("http://", "empty string"),
            ("http://a b", "invalid uri character"),
        ] {
            let error = Address::parse(base).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(reason), "{base}: {said}");
        }
        let secret = Address::parse("https://me:secret@a").unwrap_err();
        assert_eq!(secret, HttpSetupError::Credentials);
    }
}

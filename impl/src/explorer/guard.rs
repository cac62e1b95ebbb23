//! Which requests are listened to at all.
//!
//! A page from elsewhere must not make a browser ask us (its Origin tells), nor find us under a
//! name of its own (the Host tells: names can be made to lead to any address, addresses cannot).

use super::Refusal;
use axum::extract::Request;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};

const HEADERS: [(HeaderName, &str); 2] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = if is_from_here(&request) {
        next.run(request).await
    } else {
        let why =
            "this explorer answers only to its address or localhost, and only to pages of its own";
        Refusal(StatusCode::FORBIDDEN, why.to_owned()).into_response()
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_from_here(request: &Request) -> bool {
    let header = |name| request.headers().get(name).map(HeaderValue::to_str);
    match (header(HOST), header(ORIGIN)) {
        (Some(Ok(host)), None) => is_address(host),
        (Some(Ok(host)), Some(Ok(origin))) => {
            is_address(host) && origin == format!("http://{host}")
        }
        _ => false,
    }
}

/// Is it an address, or localhost, with a port or without?
fn is_address(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost"
        || host.parse::<SocketAddr>().is_ok()
        || host.parse::<IpAddr>().is_ok()
        || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn names_from_elsewhere_are_no_addresses() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:3000",
            "localhost",
            "localhost:3000",
            "[::1]:3000",
            "192.168.1.7:80",
        ] {
            assert!(is_address(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "example.org:3000",
            "localhost.example.org",
            "127.0.0.1.example.org:3000",
            ":3000",
        ] {
            assert!(!is_address(host), "{host}");
        }
    }
}

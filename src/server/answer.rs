//! Owns the answers: credentials, texts, and refusals as the SDKs expect them.
//! It refuses caches, and a refusal that holds anything but a constant.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// Answers with JSON.
pub(super) fn json(status: StatusCode, body: Bytes) -> Answer {
    made(status, "application/json", body)
}

/// Answers with plain text.
pub(super) fn text(body: impl Into<Bytes>) -> Answer {
    made(StatusCode::OK, "text/plain", body.into())
}

/// Refuses, with the members that SDKs put into their message.
pub(super) fn refusal(status: StatusCode, code: &'static str, message: &'static str) -> Answer {
    let body = serde_json::json!({ "code": code, "message": message });
    let mut answer = json(status, Bytes::from(body.to_string()));
    if status == StatusCode::BAD_REQUEST {
        // what follows may be the rest of it
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// Refuses a method.
pub(super) fn not_allowed(allowed: &'static str) -> Answer {
    let mut answer = refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "this method is not answered here");
    answer.headers_mut().insert(hyper::header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// Refuses a path that isn't there.
pub(super) fn not_found() -> Answer {
    refusal(StatusCode::NOT_FOUND, "NotFound", "there is nothing here")
}

/// Refuses for want of credentials that are valid.
pub(super) fn expired() -> Answer {
    let message = "the credentials have expired and could not be renewed yet; awstok says why where it runs";
    refusal(StatusCode::SERVICE_UNAVAILABLE, "CredentialsExpired", message)
}

fn made(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

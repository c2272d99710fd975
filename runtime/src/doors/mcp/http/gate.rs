//! The gate: whether a request comes from this machine, as far as it says.
//!
//! A page from elsewhere can have its name mean this machine, and then ask the user's browser to ask here. The browser
//! still says whose page it is and by which name it asks, so both must be of this machine.

use hyper::Request;
use hyper::header::{HOST, ORIGIN};
use hyper::http::uri::Authority;

/// Why a request does not come from this machine.
///
/// # Errors
/// It says that it comes from elsewhere, or does not say to whom it goes.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), &'static str> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let is_ours = host.is_some_and(is_this_machine) && hosts.next().is_none();
    let is_ours = is_ours && request.uri().authority().is_none_or(|host| is_this_machine(host.as_str()));
    if !is_ours {
        return Err("the Host of a request is this machine's: 127.0.0.1, localhost or [::1]");
    }
    let origins_are_ours = headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(is_this_machine)
    });
    if origins_are_ours { Ok(()) } else { Err("the Origin of a request is this machine's, or there is none") }
}

/// Whether a host, with a port or without, is this machine by a name that nobody else can give.
fn is_this_machine(host: &str) -> bool {
    host.parse::<Authority>().is_ok_and(|authority| {
        !host.contains('@') && matches!(authority.host(), "127.0.0.1" | "localhost" | "[::1]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_ask_this_machine() {
        let check = |headers: &[(&str, &str)], expected: bool| {
            let mut request = Request::builder().uri("/mcp");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            assert_eq!(check(&request.body(()).unwrap()).is_ok(), expected, "{headers:?}");
        };
        check(&[("host", "127.0.0.1:7411")], true);
        check(&[("host", "localhost")], true);
        check(&[("host", "[::1]:7411")], true);
        check(&[], false);
        check(&[("host", "evil.example")], false);
        check(&[("host", "127.0.0.1.evil.example")], false);
        check(&[("host", "localhost@evil.example")], false);
        check(&[("host", "evil.example"), ("host", "localhost")], false);
        check(&[("host", "localhost"), ("host", "evil.example")], false);
        check(&[("host", "localhost"), ("origin", "http://localhost:3000")], true);
        check(&[("host", "localhost"), ("origin", "https://evil.example")], false);
        check(&[("host", "localhost"), ("origin", "null")], false);
        check(
            &[("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://evil.example")],
            false,
        );
    }
}

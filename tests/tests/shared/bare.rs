//! Bare connections: what no client of ours would send, and a host that is none.
//!
//! What always holds: these frames are written by hand from the protocol's description, not by its code.

use std::io::{Read, Write};

use echo_runtime::doors::socket::protocol::{PROTOCOL, Request, WelcomeAnswer};
use serde_json::{Value, json};

/// Sends a frame: its length in four bytes, then itself.
pub(crate) fn say(stream: &mut impl Write, bytes: &[u8]) {
    stream.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(bytes).unwrap();
}

/// The next frame; nothing where the connection has ended.
pub(crate) fn hear(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut bytes = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Greets a host; gives what it says to that.
pub(crate) fn greet(stream: &mut (impl Read + Write), token: Option<&str>) -> Value {
    let mut hello = json!({ "protocol": PROTOCOL, "version": "0.1.0", "want": "talk" });
    if let Some(token) = token {
        hello["token"] = token.into();
    }
    say(stream, hello.to_string().as_bytes());
    serde_json::from_slice(&hear(stream).unwrap()).unwrap()
}

/// Asks for something.
pub(crate) fn ask(stream: &mut impl Write, request: &Request) {
    say(stream, &postcard::to_stdvec(request).unwrap());
}

/// Answers a greeting as a host of another protocol does; gives what was wanted.
pub(crate) fn answer(stream: &mut (impl Read + Write), protocol: u32, answer: &WelcomeAnswer) -> String {
    let hello: Value = serde_json::from_slice(&hear(stream).unwrap()).unwrap();
    let welcome = json!({ "protocol": protocol, "version": "9.9.9", "pid": 4711, "answer": answer });
    say(stream, welcome.to_string().as_bytes());
    hello["want"].as_str().unwrap().to_owned()
}

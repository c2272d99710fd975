//! A client that speaks HTTP by hand, so that it can also speak it wrongly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::Value;

use crate::RUN_LIMIT;

/// The client: each request is a connection of its own.
#[derive(Debug, Clone)]
pub struct Http {
    /// The port on the loopback interface.
    pub port: u16,
    /// The path of the door.
    pub path: String,
    /// The headers of each request, besides those that frame the body.
    pub headers: Vec<(String, String)>,
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, their names in small letters.
    pub headers: Vec<(String, String)>,
    /// The messages: the body, or the events of a stream.
    pub messages: Vec<Value>,
    /// The body as it came.
    pub body: String,
}

impl Reply {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last message, which answers.
    #[track_caller]
    pub fn answer(&self) -> &Value {
        self.messages.last().unwrap_or_else(|| panic!("no message in {self:?}"))
    }

    /// The result in it.
    #[track_caller]
    pub fn result(&self) -> &Value {
        self.answer().get("result").unwrap_or_else(|| panic!("no result in {self:?}"))
    }
}

impl Http {
    /// A client of a door that shows this token.
    pub fn new(port: u16, path: &str, token: &str) -> Self {
        let headers = [
            ("Host", format!("127.0.0.1:{port}")),
            ("Authorization", format!("Bearer {token}")),
            ("Accept", "application/json, text/event-stream".to_owned()),
            ("Content-Type", "application/json".to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self { port, path: path.to_owned(), headers }
    }

    /// The same with another header; nothing takes it away.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        other.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        other
    }

    /// The same at another path.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// The head of a request with a body of so many bytes.
    pub fn head(&self, method: &str, bytes: usize) -> String {
        let headers: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
        format!(
            "{method} {} HTTP/1.1\r\n{headers}Content-Length: {bytes}\r\nConnection: close\r\n\r\n",
            self.path
        )
    }

    /// A connection on which nothing is said yet.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the runtime listens");
        stream.set_read_timeout(Some(RUN_LIMIT)).expect("a time can be set");
        stream
    }

    /// Posts a message.
    #[track_caller]
    pub fn post(&self, message: &Value) -> Reply {
        self.request("POST", message.to_string().as_bytes())
    }

    /// Makes a request; a server that refuses it may not have read it to its end.
    #[track_caller]
    pub fn request(&self, method: &str, body: &[u8]) -> Reply {
        let mut stream = self.connect();
        let mut sent = self.head(method, body.len()).into_bytes();
        sent.extend_from_slice(body);
        let _ = stream.write_all(&sent);
        read(&stream)
    }

    /// Makes a request and gives what is answered as it comes; no message makes no body.
    #[track_caller]
    pub fn stream(&self, method: &str, message: &Value) -> Events {
        let mut stream = self.connect();
        let body = if message.is_null() { String::new() } else { message.to_string() };
        let sent = format!("{}{body}", self.head(method, body.len()));
        stream.write_all(sent.as_bytes()).expect("the runtime reads");
        Events { lines: BufReader::new(stream) }
    }

    /// Makes a request and closes this side of the connection behind it.
    #[track_caller]
    pub fn half_close(&self, message: &Value) -> Reply {
        let mut stream = self.connect();
        let body = message.to_string();
        let sent = format!("{}{body}", self.head("POST", body.len()));
        stream.write_all(sent.as_bytes()).expect("the runtime reads");
        stream.shutdown(Shutdown::Write).expect("a side can be closed");
        read(&stream)
    }
}

/// A stream of messages, one at a time as they come.
#[derive(Debug)]
pub struct Events {
    lines: BufReader<TcpStream>,
}

impl Events {
    /// The next message; nothing at the end.
    #[track_caller]
    pub fn hears(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            // One that is cut off has ended.
            if self.lines.read_line(&mut line).unwrap_or_default() == 0 {
                return None;
            }
            // Between them stand the lengths of chunks, and events without a message.
            let data = line.strip_prefix("data:").map(str::trim).filter(|data| !data.is_empty());
            if let Some(data) = data {
                return Some(serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}")));
            }
        }
    }
}

/// Reads an answer to its end.
#[track_caller]
fn read(stream: &TcpStream) -> Reply {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).expect("the runtime answers in time");
        line.trim_end().to_owned()
    };
    let first = line();
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no status in `{first}`"));
    let mut headers = Vec::new();
    loop {
        let line = line();
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let is = |name: &str, wanted: &str| headers.iter().any(|(known, value)| known == name && value == wanted);
    let body = if is("transfer-encoding", "chunked") {
        chunks(&mut reader)
    } else {
        let mut body = Vec::new();
        let _ = reader.read_to_end(&mut body);
        body
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    let messages = if is("content-type", "text/event-stream") {
        let events = body.lines().filter_map(|line| line.strip_prefix("data:"));
        events.filter_map(|event| serde_json::from_str(event.trim()).ok()).collect()
    } else {
        serde_json::from_str(&body).into_iter().collect()
    };
    Reply { status, headers, messages, body }
}

fn chunks(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        if reader.read_line(&mut size).is_err() {
            return body;
        }
        let Ok(size @ 1..) = u64::from_str_radix(size.trim(), 16) else { return body };
        let before = body.len();
        let _ = reader.by_ref().take(size).read_to_end(&mut body);
        let mut end = String::new();
        let _ = reader.read_line(&mut end);
        if body.len() == before {
            return body;
        }
    }
}

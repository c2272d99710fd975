//! What matters of a message to whoever carries it. It does no I/O.
//!
//! What always holds: what is no request, notification or answer has no head, so that it is never carried.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};

use super::super::calls::KEY;

/// The request that begins the handshake of old.
pub(super) const INITIALIZE: &str = "initialize";
/// The notification that ends it.
pub(super) const INITIALIZED: &str = "notifications/initialized";
/// The notification that takes a request back.
pub(super) const CANCELLED: &str = "notifications/cancelled";

/// The request that is answered when the client has heard enough, and not before.
const LISTEN: &str = "subscriptions/listen";

/// The request that may do something that is not to be done twice.
const CALL: &str = "tools/call";

/// Where a notification names the request that it takes back.
const REQUEST_ID: &str = "requestId";

/// What matters of a message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Head {
    /// That of a request or of an answer.
    pub(super) id: Option<Value>,
    /// That of a request or of a notification.
    pub(super) method: Option<String>,
    /// Whether it is an answer that refuses.
    pub(super) refuses: bool,
}

impl Head {
    /// The head of a line; nothing where that is no message.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        // A list would be read as the fields in their order.
        if !line.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        let mut head = Self::default();
        read(line, &mut head).ok()?;
        let is_message = head.method.is_some() || head.id.is_some();
        (is_message && head.id.as_ref().is_none_or(is_id)).then_some(head)
    }

    /// The id of a request.
    pub(super) fn asks(&self) -> Option<&Value> {
        self.id.as_ref().filter(|_| self.method.is_some())
    }

    /// The id of an answer.
    pub(super) fn answers(self) -> Option<Value> {
        self.id.filter(|_| self.method.is_none())
    }

    /// Whether it begins the handshake.
    pub(super) fn begins(&self) -> bool {
        self.asks().is_some() && self.is(INITIALIZE)
    }

    /// Whether asking it a second time does nothing a second time: what only reads, and a call under a key. This is its line.
    pub(super) fn may_be_repeated(&self, line: &[u8]) -> bool {
        !self.is(CALL) || has_key(line)
    }

    /// Whether its answer may take as long as the client likes.
    pub(super) fn has_time(&self) -> bool {
        self.is(LISTEN)
    }

    /// Whether it is of this method.
    pub(super) fn is(&self, method: &str) -> bool {
        self.method.as_deref() == Some(method)
    }
}

/// Whether it is one that a request may have.
pub(super) fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

/// Whether a request carries a key, under which it is done once however often it is asked.
fn has_key(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Keyed {
        params: Params,
    }
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "_meta")]
        meta: HashMap<String, Value>,
    }
    let keyed: Result<Keyed, _> = serde_json::from_slice(line);
    keyed.is_ok_and(|keyed| keyed.params.meta.get(KEY).is_some_and(Value::is_string))
}

/// The request that a notification takes back.
pub(super) fn cancelled(line: &[u8]) -> Option<Value> {
    let message: Value = serde_json::from_slice(line).ok()?;
    message.get("params")?.get(REQUEST_ID).cloned()
}

/// The same notification about the request of another id.
pub(super) fn cancelling(line: &[u8], id: Value) -> Option<Vec<u8>> {
    changed(line, |message| {
        message.get_mut("params")?.as_object_mut()?.insert(REQUEST_ID.to_owned(), id)?;
        Some(())
    })
}

/// The same message under another id.
pub(super) fn with_id(line: &[u8], id: Value) -> Option<Vec<u8>> {
    changed(line, |message| {
        message.as_object_mut()?.insert("id".to_owned(), id);
        Some(())
    })
}

fn changed(line: &[u8], change: impl FnOnce(&mut Value) -> Option<()>) -> Option<Vec<u8>> {
    let mut message: Value = serde_json::from_slice(line).ok()?;
    change(&mut message)?;
    Some(super::super::lines::line(&message))
}

/// An answer of the bridge's own that refuses. `retry` says whether to ask the same again: that this helps, and does nothing a
/// second time.
pub(super) fn refusal(id: &Value, code: i64, why: &str, retry: bool) -> Vec<u8> {
    let error = json!({ "code": code, "message": why, "data": { "retry": retry } });
    super::super::lines::line(&json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

/// Reads a head.
fn read(text: &[u8], head: &mut Head) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    deserializer.deserialize_map(Reader(head))?;
    deserializer.end()
}

/// Puts into a head what it comes by.
struct Reader<'h>(&'h mut Head);

/// The fields of a message that matter.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Field {
    Id,
    Method,
    Error,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(field) = fields.next_key()? {
            match field {
                Field::Id => self.0.id = fields.next_value()?,
                Field::Method => self.0.method = Some(fields.next_value()?),
                Field::Error => {
                    self.0.refuses = true;
                    fields.next_value::<IgnoredAny>()?;
                }
                Field::Other => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_a_head_and_nothing_else_does() {
        let check = |line: &str, expected: Option<(Value, Option<&str>, bool)>| {
            let found = Head::of(line.as_bytes());
            let found = found.map(|head| (head.id.unwrap_or_default(), head.method, head.refuses));
            let expected = expected.map(|(id, method, refuses)| (id, method.map(str::to_owned), refuses));
            assert_eq!(found, expected, "{line}");
        };
        check(r#"{"jsonrpc":"2.0","id":7,"method":"a","params":[3]}"#, Some((json!(7), Some("a"), false)));
        check(r#" {"method":"a"}"#, Some((Value::Null, Some("a"), false)));
        check(r#"{"id":null,"method":"a"}"#, Some((Value::Null, Some("a"), false)));
        check(r#"{"id":"x","result":{"id":3,"error":1}}"#, Some((json!("x"), None, false)));
        check(r#"{"id":1,"error":{"code":3}}"#, Some((json!(1), None, true)));
        for none in ["", "{", "3", "null", "{}", r#"{"id":1.5,"method":"a"}"#, r#"{"id":{},"method":"a"}"#] {
            check(none, None);
        }
        for none in [r#"[1,"a"]"#, r#"{"id":1,"method":3}"#, r#"{"id":1,"method":"a"} x"#] {
            check(none, None);
        }
    }

    #[test]
    fn only_a_call_without_a_key_may_do_something_twice() {
        let check = |line: &Value, expected: bool| {
            let line = line.to_string();
            let head = Head::of(line.as_bytes()).unwrap();
            assert_eq!(head.may_be_repeated(line.as_bytes()), expected, "{line}");
        };
        let call = |params: Value| json!({ "id": 1, "method": "tools/call", "params": params });
        check(&json!({ "id": 1, "method": "tools/list" }), true);
        check(&json!({ "id": 1, "method": "tools/call" }), false);
        check(&call(json!({ "name": "x", "arguments": { "_meta": { KEY: "a" } } })), false);
        check(&call(json!({ "name": "x", "_meta": { "progressToken": 1 } })), false);
        check(&call(json!({ "name": "x", "_meta": { KEY: 3 } })), false);
        check(&call(json!({ "name": "x", "_meta": { "progressToken": 1, KEY: "a" } })), true);
    }

    #[test]
    fn ids_are_changed_and_nothing_else_is() {
        let line = br#"{"jsonrpc":"2.0","id":1,"method":"ask","params":{"a":[1,2]}}"#;
        let changed = with_id(line, json!("3.1")).unwrap();
        let expected = "{\"jsonrpc\":\"2.0\",\"id\":\"3.1\",\"method\":\"ask\",\"params\":{\"a\":[1,2]}}\n";
        assert_eq!(String::from_utf8(changed).unwrap(), expected);
        let line = br#"{"method":"notifications/cancelled","params":{"requestId":1,"reason":"late"}}"#;
        assert_eq!(cancelled(line), Some(json!(1)));
        let changed = cancelling(line, json!("3.1")).unwrap();
        assert_eq!(cancelled(&changed), Some(json!("3.1")));
        assert!(String::from_utf8(changed).unwrap().contains("late"));
        assert_eq!(cancelling(br#"{"method":"notifications/cancelled","params":{}}"#, json!(1)), None);
    }
}

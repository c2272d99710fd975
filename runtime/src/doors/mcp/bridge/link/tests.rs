//! A link whose runtimes are ends of socket pairs that nobody reads.

use super::*;
use serde_json::json;

fn head(line: &Value) -> Head {
    Head::of(line.to_string().as_bytes()).unwrap()
}

fn request(id: u64) -> Value {
    json!({ "id": id, "method": "tools/list" })
}

fn answer(id: u64) -> Vec<u8> {
    json!({ "id": id, "result": {} }).to_string().into_bytes()
}

/// Every message that was told so far.
fn told(link: &Link<Vec<u8>>) -> Vec<Value> {
    let out = std::mem::take(&mut *link.out.lock().unwrap());
    out.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// A link that is up, the number of its connection and the other end.
fn up() -> (Link<Vec<u8>>, u64, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let link = Link::new(Vec::new(), Waits::USUAL);
    let (number, _) = link.take_up(ours, false);
    (link, number, theirs)
}

fn ask(link: &Link<Vec<u8>>, id: u64) -> Registered {
    let asked = request(id);
    link.send(&head(&asked), asked.to_string().as_bytes())
}

#[test]
fn a_request_is_answered_once() {
    let (link, number, _theirs) = up();
    assert_eq!((ask(&link, 1), ask(&link, 2)), (Registered::Done, Registered::Done));
    link.hear(number, answer(1));
    link.hear(number, answer(1));
    assert_eq!(told(&link).len(), 1, "the second answer has no request");
    link.lose(number);
    let lost = told(&link);
    assert_eq!((lost.len(), &lost[0]["id"]), (1, &json!(2)), "{lost:?}");
    link.hear(number, answer(2));
    link.too_long(number, &json!(2));
    link.lose(number);
    assert_eq!(told(&link), Vec::<Value>::new(), "it was answered as lost");
}

#[test]
fn a_runtime_that_was_lost_asks_and_takes_back_nothing() {
    let (link, number, _theirs) = up();
    link.lose(number);
    link.hear(number, json!({ "id": 0, "method": "elicitation/create" }).to_string().into_bytes());
    assert_eq!(told(&link), Vec::<Value>::new());
    assert_eq!(link.answered(&json!("1.0"), b"{}"), None);
    let (_other, stream) = UnixStream::pair().unwrap();
    let (next, _) = link.take_up(stream, false);
    let cancel = json!({ "method": CANCELLED, "params": { "requestId": 0 } }).to_string().into_bytes();
    link.hear(number, cancel.clone());
    assert_eq!(told(&link), Vec::<Value>::new());
    link.hear(next, cancel);
    assert_eq!(told(&link)[0]["params"]["requestId"], "2.0");
}

#[test]
fn what_a_lost_runtime_has_asked_is_taken_back() {
    let (link, number, _theirs) = up();
    link.hear(number, json!({ "id": 0, "method": "elicitation/create" }).to_string().into_bytes());
    let asked = told(&link)[0]["id"].clone();
    link.lose(number);
    let back = told(&link);
    assert_eq!(
        (back.len(), &back[0]["method"], &back[0]["params"]["requestId"]),
        (1, &json!(CANCELLED), &asked)
    );
    link.lose(number);
    assert_eq!(told(&link), Vec::<Value>::new());
}

#[test]
fn what_was_not_sent_is_its_senders() {
    let (link, number, theirs) = up();
    drop(theirs);
    assert_eq!(ask(&link, 1), Registered::Again);
    assert!(!link.is_up());
    link.lose(number);
    assert_eq!(ask(&link, 1), Registered::Again);
    assert_eq!(told(&link), Vec::<Value>::new(), "nobody has answered it yet");
}

#[test]
fn an_answer_that_is_too_long_answers_its_request_alone() {
    let (link, number, _theirs) = up();
    let _ = (ask(&link, 1), ask(&link, 2));
    link.too_long(number + 1, &json!(1));
    link.too_long(number, &json!(3));
    assert_eq!(told(&link), Vec::<Value>::new());
    link.too_long(number, &json!(1));
    assert_eq!(told(&link)[0]["error"]["code"], INTERNAL);
    link.hear(number, answer(2));
    assert_eq!(told(&link)[0]["id"], 2);
}

/// A way back to a client that has gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_client_that_hears_no_more_is_known_to_be_deaf() {
    let link = Link::new(Gone, Waits::USUAL);
    assert!(!link.is_deaf());
    link.tell(b"a line\n");
    assert!(link.is_deaf());
}

#[test]
fn where_there_never_is_a_runtime_nobody_is_told_to_ask_again() {
    for may_change in [true, false] {
        let told = no_runtime(&json!(1), &NoRuntime { why: "none".to_owned(), may_change });
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert_eq!(told["error"]["data"]["retry"], may_change, "{told}");
    }
}

/// Goal: a line is sent again only where no runtime can take it for one. Method: what is left of a line when its runtime takes no
/// more, by a socket that takes this much and then nothing.
#[test]
fn a_line_without_its_end_is_one_that_was_sent() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let fill = || while (&ours).write(b"x").is_ok() {};
    fill();
    assert_eq!(write(&ours, b"{} \n"), Sent::InPart);
    assert_eq!(write(&ours, b" \n"), Sent::ButItsEnd);
    drop(theirs);
    assert_eq!(write(&ours, b""), Sent::Whole);
}

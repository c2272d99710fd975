//! `send`: posts a message, in a role's name or in one's own, and lets the agents handle it at once.
//!
//! What always holds: what means nothing is refused before the store is opened; when the command ends, everybody who
//! could handle the message has, or, while a session keeps the agents busy, it says who has not yet.

use echo_storage::names::{MessageId, Topic};
use echo_storage::records::{Address, Party};
use echo_storage::{Input, Query};
use serde::{Deserialize, Serialize};

use super::look;
use super::names::KindName;
use super::reach::Acting;
use super::{End, Failed, Invocation};
use crate::deliveries::{self, Delivery};
use crate::engine::{self, Asked};
use crate::mail::MAX_CONTENT_BYTES;
use crate::organisation::Organisation;
use crate::turn::MAX_SUBJECT_CHARS;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org send me messages:all --subject \"Office closed on Friday\" --text \"Back on Monday.\"
  echo-org send me messages:leadership --subject \"Figures\" --content '{\"load\": 8000}'

FROM may be a ROLE as well, and TO one of them; `echo-org agents` lists the roles, `echo-org agents
ROLE` the topics that it hears. The agents read a message and remember that they did; what asks
them to decide something is `echo-org train --ask`.";

/// How whoever types is called.
const ME: &str = "me";

/// What `send` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Who sends it: a role, or `me`
    #[arg(value_name = "FROM")]
    from: String,
    /// To whom it goes: a role, or a topic such as `messages:all`
    #[arg(value_name = "TO")]
    to: String,
    /// What it is about, in one line
    #[arg(long, value_name = "TEXT")]
    subject: String,
    /// What it says: a JSON object [default: {}]
    #[arg(long, value_name = "JSON")]
    content: Option<String>,
    /// What it says, in words: short for --content '{"text": TEXT}'
    #[arg(long, value_name = "TEXT", conflicts_with = "content")]
    text: Option<String>,
    /// What it is for [default: notification, or response with --reply-to]
    #[arg(long, value_name = "KIND")]
    kind: Option<KindName>,
    /// The message it answers, such as msg-1
    #[arg(long, value_name = "MESSAGE")]
    reply_to: Option<MessageId>,
    /// A name of your own for this message: sent again under it, it is not sent twice
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: Option<String>,
}

/// A key, as it is typed.
pub(super) fn key(text: &str) -> Result<String, String> {
    if engine::is_key(text) {
        return Ok(text.to_owned());
    }
    Err(format!("a key has 1 to {} characters, none of them control characters", engine::MAX_KEY_CHARS))
}

/// What came of it.
#[derive(Serialize)]
struct Sent {
    message: MessageId,
    from: String,
    to: String,
    kind: KindName,
    subject: String,
    deliveries: Vec<Delivery>,
}

/// What the one who posts a message is told.
#[derive(Deserialize)]
struct Posted {
    message: MessageId,
}

/// Sends.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: Arguments) -> Result<End, Failed> {
    let organisation = invocation.organisation.clone();
    let from = match arguments.from.as_str() {
        ME => Party::Person(invocation.surroundings.person()),
        name => Party::Role(look::role(&organisation, "FROM", name)?),
    };
    let to = address(&organisation, &arguments.to)?;
    let content = content(arguments.content, arguments.text)?;
    let chars = arguments.subject.chars().count();
    if arguments.subject.trim().is_empty() || chars > MAX_SUBJECT_CHARS || arguments.subject.contains('\n') {
        let what = if chars > MAX_SUBJECT_CHARS {
            format!("it has {chars} characters, and may have {MAX_SUBJECT_CHARS}")
        } else if arguments.subject.contains('\n') {
            "it is one line; what is longer goes into --text".to_owned()
        } else {
            "it says nothing".to_owned()
        };
        return Err(Failed::Usage(format!("--subject: {what}")));
    }
    let usual = if arguments.reply_to.is_some() { KindName::Response } else { KindName::Notification };
    let kind = arguments.kind.unwrap_or(usual);
    let place = invocation.place()?;
    let mut acting = Acting::open(invocation, &place)?;
    if let Some(answered) = arguments.reply_to {
        let snapshot = acting.state()?;
        if snapshot.message(answered).map_err(Failed::because)?.is_none() {
            let latest = snapshot.messages(None, 1).map_err(Failed::because)?;
            let latest = latest.first().map(|message| message.id);
            return Err(super::listing::unknown(answered, latest, "messages"));
        }
    }
    let post = Input::Post {
        from: from.clone(),
        to: to.clone(),
        kind: kind.into(),
        subject: arguments.subject.clone(),
        content,
        in_reply_to: arguments.reply_to,
    };
    let entry = acting.submit(invocation, Asked { key: arguments.key, ..post.into() })?;
    let posted = entry.reply().and_then(|reply| serde_json::from_str::<Posted>(reply).ok());
    let none = || Failed::Failure("the message was sent, and nothing said which one it is".to_owned());
    let message = posted.ok_or_else(none)?.message;
    let snapshot = acting.state()?;
    let lost = || Failed::Failure(format!("{message} was sent and is not there"));
    let record = snapshot.message(message).map_err(Failed::because)?.ok_or_else(lost)?;
    let deliveries = look::deliveries(&*snapshot, invocation.organisation.config(), &record);
    let sent = Sent {
        message,
        from: from.to_string(),
        to: to.to_string(),
        kind,
        subject: arguments.subject,
        deliveries: deliveries.map_err(Failed::because)?,
    };
    drop(snapshot);
    acting.close()?;
    if invocation.json {
        invocation.output.json(&sent);
        return Ok(End::Well);
    }
    invocation.output.text(&format!("{message}  {}", sent.subject));
    invocation.output.text(&format!("  from {} to {}", sent.from, sent.to));
    invocation.output.text(&format!("  {}", deliveries::in_words(&sent.deliveries)));
    Ok(End::Well)
}

/// The role or the topic of this name.
fn address(organisation: &Organisation, name: &str) -> Result<Address, Failed> {
    let config = organisation.config();
    if let Some(role) = config.roles.iter().find(|role| role.id.as_str() == name) {
        return Ok(Address::Role(role.id.clone()));
    }
    let mut topics: Vec<&Topic> =
        config.roles.iter().flat_map(|role| &role.hears).map(|one| &one.topic).collect();
    topics.sort_unstable();
    topics.dedup();
    if let Some(topic) = topics.iter().find(|topic| topic.as_str() == name) {
        return Ok(Address::Topic((*topic).clone()));
    }
    let roles: Vec<&str> = config.roles.iter().map(|role| role.id.as_str()).collect();
    let topics: Vec<&str> = topics.into_iter().map(Topic::as_str).collect();
    Err(Failed::Usage(format!(
        "TO: there is no role and no topic `{name}`; the roles are {}; the topics are {}",
        roles.join(", "),
        topics.join(", ")
    )))
}

/// The content, as the text of a JSON object.
fn content(json: Option<String>, text: Option<String>) -> Result<String, Failed> {
    let content = match (json, text) {
        (Some(json), _) => json,
        (None, Some(text)) => serde_json::json!({ "text": text }).to_string(),
        (None, None) => "{}".to_owned(),
    };
    if content.len() > MAX_CONTENT_BYTES {
        let bytes = content.len();
        return Err(Failed::Usage(format!(
            "the content has {bytes} bytes, and may have {MAX_CONTENT_BYTES}; send where it lies instead"
        )));
    }
    let parsed: serde_json::Value = serde_json::from_str(&content).map_err(|error| {
        Failed::Usage(format!("--content: it is no JSON ({error}); --text sends words as they are"))
    })?;
    let Some(object) = parsed.as_object() else {
        return Err(Failed::Usage(
            "--content: it must be a JSON object, such as {\"text\": \"hello\"}".to_owned(),
        ));
    };
    if object.contains_key("ask") {
        return Err(Failed::Usage(
            "--content: `ask` is how the organisation itself asks for votes and decisions; use another name"
                .to_owned(),
        ));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::samples::company;
    use echo_storage::names::RoleId;

    #[test]
    fn content_is_a_bounded_json_object() {
        let check = |json: Option<&str>, text: Option<&str>, expected: Result<&str, &str>| {
            let found = content(json.map(str::to_owned), text.map(str::to_owned));
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
                (found, expected) => panic!("{found:?} is not {expected:?}"),
            }
        };
        check(None, None, Ok("{}"));
        check(Some("{\"a\": 1}"), None, Ok("{\"a\": 1}"));
        check(None, Some("say \"hello\"\n"), Ok("{\"text\":\"say \\\"hello\\\"\\n\"}"));
        check(Some("[1]"), None, Err("must be a JSON object"));
        check(Some("{a"), None, Err("--text sends words"));
        check(Some("{\"ask\": \"vote\"}"), None, Err("use another name"));
        check(None, Some(&"x".repeat(MAX_CONTENT_BYTES)), Err("may have 65536"));
    }

    #[test]
    fn a_recipient_is_a_role_or_a_topic_that_somebody_hears() {
        let check = |name: &str, expected: Option<Address>| match (address(&company(), name), expected) {
            (Ok(found), Some(expected)) => assert_eq!(found, expected),
            (Err(error), None) => {
                let error = error.to_string();
                assert!(error.contains("chief, clerk") && error.contains("messages:all"), "{error}");
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        };
        check("clerk", Some(Address::Role(RoleId::new("clerk").unwrap())));
        check("messages:all", Some(Address::Topic(Topic::new("messages:all").unwrap())));
        check("messages:nobody", None);
        check("ME", None);
    }
}

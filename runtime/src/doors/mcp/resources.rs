//! Resources: what can be read of the organisation. Each is what the command of the same name prints with `--json`.
//!
//! What always holds: reading changes nothing and tells no code by which a person answers. What is read is put together
//! from parts that were read as ids and names, so no address means another command.

use echo_storage::names::{DecisionId, MessageId, RoleId, SessionId};
use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};

use super::server::{Server, quoted};
use crate::doors::cli;

/// What stands before every address.
const SCHEME: &str = "echo://";

/// What a resource holds.
const JSON: &str = "application/json";

/// The longest words that memories are looked through for, in bytes.
const MAX_WORDS_BYTES: usize = 200;

/// A kind of resource.
struct Kind {
    /// The address without the scheme; what is in braces stands for a part of it.
    address: &'static str,
    /// A name for people.
    title: &'static str,
    /// What it holds.
    about: &'static str,
    /// The command that tells it; gives nothing where the part in braces is not of its form.
    command: fn(&str) -> Option<Vec<String>>,
}

/// Every kind, those of a whole list before those of one record.
const KINDS: [Kind; 13] = [
    Kind {
        address: "decisions",
        title: "Decisions",
        about: "The newest decisions: their status, type, amount and who decided them",
        command: |_| words(&["decisions"]),
    },
    Kind {
        address: "messages",
        title: "Messages",
        about: "The newest messages between the agents",
        command: |_| words(&["messages"]),
    },
    Kind {
        address: "memories",
        title: "Memories",
        about: "What the organisation remembers, the newest first",
        command: |_| words(&["memories"]),
    },
    Kind {
        address: "agents",
        title: "Agents",
        about: "How each agent is doing: its limit, what it spent, its mail, its state",
        command: |_| words(&["agents"]),
    },
    Kind {
        address: "reports",
        title: "Reports",
        about: "The sessions that were played, each of which has a report",
        command: |_| words(&["sessions"]),
    },
    Kind {
        address: "scenarios",
        title: "Scenarios",
        about: "The scenarios that come with the program",
        command: |_| words(&["scenarios"]),
    },
    Kind {
        address: "decisions/{decision}",
        title: "A decision",
        about: "A decision in full: its context, who takes part, the ballots of each round, the count and the path",
        command: |id| words(&["decisions", &id.parse::<DecisionId>().ok()?.to_string()]),
    },
    Kind {
        address: "decisions/{decision}/why",
        title: "Why a decision stands where it does",
        about: "The facts, ballots and authority that led to a decision's outcome",
        command: |id| words(&["why", &id.parse::<DecisionId>().ok()?.to_string()]),
    },
    Kind {
        address: "messages/{message}",
        title: "A message",
        about: "A message in full, and what became of it with each recipient",
        command: |id| words(&["messages", &id.parse::<MessageId>().ok()?.to_string()]),
    },
    Kind {
        address: "memories/{words}",
        title: "Memories that fit",
        about: "What the organisation remembers that fits these words, the best first",
        command: |text| {
            let text = percent_decoded(text)?;
            let fits = !text.trim().is_empty() && text.len() <= MAX_WORDS_BYTES;
            // Behind the two hyphens nothing is an option.
            fits.then(|| words(&["memories", "--json", "--", &text])).flatten()
        },
    },
    Kind {
        address: "agents/{role}",
        title: "An agent",
        about: "An agent in full: its authority, its tools, its keywords, how it is doing",
        command: |role| words(&["agents", RoleId::new(role).ok()?.as_str()]),
    },
    Kind {
        address: "agents/{role}/messages",
        title: "An agent's messages",
        about: "The newest messages that an agent has sent or that reach it",
        command: |role| words(&["messages", RoleId::new(role).ok()?.as_str()]),
    },
    Kind {
        address: "reports/{session}",
        title: "A report",
        about: "What came of a session: its decision, the count, each agent's part, and how it compares with what was expected",
        command: |id| words(&["sessions", &id.parse::<SessionId>().ok()?.to_string()]),
    },
];

#[expect(
    clippy::unnecessary_wraps,
    reason = "what the kinds give is nothing where a part is not of its form"
)]
fn words(words: &[&str]) -> Option<Vec<String>> {
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    if !words.iter().any(|word| word == "--json") {
        words.push("--json".to_owned());
    }
    Some(words)
}

/// A part of an address as it was before it was made fit for one.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            other => other,
        };
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok()
}

impl Kind {
    /// What the part in braces is, in an address of this kind; empty where the kind has none.
    fn part<'a>(&self, address: &'a str) -> Option<&'a str> {
        let Some((before, rest)) = self.address.split_once('{') else {
            return (address == self.address).then_some("");
        };
        let (_, after) = rest.split_once('}')?;
        let part = address.strip_prefix(before)?.strip_suffix(after)?;
        (!part.is_empty() && !part.contains('/')).then_some(part)
    }

    fn is_one(&self) -> bool {
        self.address.contains('{')
    }
}

/// The command that tells what an address names.
fn command(uri: &str) -> Option<Vec<String>> {
    let address = uri.strip_prefix(SCHEME)?;
    KINDS.iter().find_map(|kind| (kind.command)(kind.part(address)?))
}

/// The resources that are always there.
pub(super) fn list() -> ListResourcesResult {
    let lists = KINDS.iter().filter(|kind| !kind.is_one()).map(|kind| {
        Resource::new(format!("{SCHEME}{}", kind.address), kind.address)
            .with_title(kind.title)
            .with_description(kind.about)
            .with_mime_type(JSON)
    });
    ListResourcesResult::with_all_items(lists.collect())
}

/// The forms of addresses of single records.
pub(super) fn templates() -> ListResourceTemplatesResult {
    let ones = KINDS.iter().filter(|kind| kind.is_one()).map(|kind| {
        ResourceTemplate::new(format!("{SCHEME}{}", kind.address), kind.address)
            .with_title(kind.title)
            .with_description(kind.about)
            .with_mime_type(JSON)
    });
    ListResourceTemplatesResult::with_all_items(ones.collect())
}

/// What is said of an address that names nothing.
fn not_found(why: String, uri: &str) -> ErrorData {
    ErrorData::resource_not_found(why, Some(serde_json::json!({ "uri": quoted(uri) })))
}

impl Server {
    /// What an address names.
    pub(super) async fn read(&self, uri: String) -> Result<ReadResourceResult, ErrorData> {
        let Some(command) = command(&uri) else {
            let why = format!(
                "there is no resource {}; resources/list and resources/templates/list name those there are",
                quoted(&uri)
            );
            return Err(not_found(why, &uri));
        };
        let told = self.told(command).await?;
        let text = told.map_err(|why| not_found(format!("{}: {why}", quoted(&uri)), &uri))?;
        let contents = ResourceContents::text(text, uri).with_mime_type(JSON);
        Ok(ReadResourceResult::new(vec![contents]))
    }

    /// What a command that only looks tells, or why it cannot.
    pub(super) async fn told(&self, command: Vec<String>) -> Result<Result<String, String>, ErrorData> {
        let runtime = self.desk().runtime.clone();
        self.blocking(move || Ok(cli::told(runtime.organisation(), runtime.store().clone(), &command))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_a_command_that_looks_or_nothing() {
        let check = |uri: &str, expected: Option<&str>| {
            assert_eq!(command(uri).map(|words| words.join(" ")).as_deref(), expected, "{uri}");
        };
        check("echo://decisions", Some("decisions --json"));
        check("echo://decisions/dec-7", Some("decisions dec-7 --json"));
        check("echo://decisions/dec-7/why", Some("why dec-7 --json"));
        check("echo://agents/clerk/messages", Some("messages clerk --json"));
        check("echo://memories/vendor%20late", Some("memories --json -- vendor late"));
        check("echo://memories/--store=x", Some("memories --json -- --store=x"));
        check("echo://decisions/msg-7", None);
        check("echo://decisions/--help", None);
        check("echo://agents/CTO", None);
        check("echo://agents/clerk/", None);
        check("echo://approvals", None);
        check("echo://", None);
        check("file:///etc/passwd", None);
        check("echo://memories/%", None);
    }

    #[test]
    fn what_stands_in_for_others_comes_first() {
        let ones = KINDS.iter().map(Kind::is_one);
        assert_eq!(ones.clone().filter(|is_one| *is_one).count(), templates().resource_templates.len());
        assert_eq!(ones.filter(|is_one| !is_one).count(), list().resources.len());
    }
}

//! What was said, and what went wrong with it.

use std::fmt;

use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::records::Kind;
use schemars::JsonSchema;
use serde::Serialize;

use super::Range;

/// How many messages are looked at: the newest. Each is read from the journal.
pub(crate) const MAX_MESSAGES: usize = 5_000;

/// How many receipts of failures are looked at: those of the newest messages.
pub(crate) const MAX_RECEIPTS: usize = 5_000;

/// How many messages are read at a time.
const PAGE: usize = 200;

/// Messages of a range, and what failed.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct MailMetrics {
    /// How many were sent in the range.
    pub(crate) messages: u64,
    /// How many of them were requests.
    pub(crate) requests: u64,
    /// How many were responses.
    pub(crate) responses: u64,
    /// How many were notifications.
    pub(crate) notifications: u64,
    /// How many were escalations.
    pub(crate) escalations: u64,
    /// How many messages a recipient failed to handle, the last time in the range.
    pub(crate) failed: u64,
    /// How many of those were given up: dead letters.
    pub(crate) dead_letters: u64,
    /// Whether a bound was reached, 5,000 messages or failures, and older ones were not looked at.
    pub(crate) cut: bool,
}

impl fmt::Display for MailMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, failed, dead_letters, .. } = self;
        write!(f, "mail: {messages} messages, {failed} failed, {dead_letters} dead letters")?;
        if self.cut { write!(f, "; only the newest {MAX_MESSAGES} were looked at") } else { Ok(()) }
    }
}

/// Messages of a range, and what failed.
pub(crate) fn mail(state: &(impl Query + ?Sized), range: Range) -> Result<MailMetrics, Failure> {
    let mut mail = MailMetrics::default();
    let (mut before, mut seen) = (None, 0);
    'pages: loop {
        let page = state.messages(before, PAGE)?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        for message in &page {
            if message.at < range.since {
                break 'pages;
            }
            if seen == MAX_MESSAGES {
                mail.cut = true;
                break 'pages;
            }
            seen += 1;
            mail.messages += 1;
            *match message.kind {
                Kind::Request => &mut mail.requests,
                Kind::Response => &mut mail.responses,
                Kind::Notification => &mut mail.notifications,
                Kind::Escalation => &mut mail.escalations,
            } += 1;
        }
    }
    let receipts = state.receipts(None, MAX_RECEIPTS)?;
    mail.cut |= receipts.len() == MAX_RECEIPTS;
    for receipt in receipts.iter().filter(|receipt| range.holds(receipt.at)) {
        mail.failed += 1;
        mail.dead_letters += u64::from(receipt.dead);
    }
    Ok(mail)
}

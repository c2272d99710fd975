//! What `doctor` says of the store: who has it open, whether it opens, and whether its journal is whole.
//!
//! What always holds: the text in the lock file is for people; whether the lock is held is asked of the system. Of the
//! journal a bounded end is checked.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::Path;

use echo_storage::clock::ClockKind;
use echo_storage::journal::{self, Hash, Head};
use echo_storage::{Query, StoreError};

use super::shared::Host;
use super::{Finding, Patient};
use crate::doors::cli::reach::Reading;
use crate::doors::cli::size;

/// How many of the last steps are checked.
const CHECKED_STEPS: u64 = 256;
/// The most of a lock file that is read, in bytes.
const MAX_LOCK_BYTES: u64 = 200;

/// Who has the store open.
pub(super) enum Lock {
    /// Nobody; whoever had it last has, or has not, closed it.
    Free {
        /// What a process that did not close it has left behind.
        left: Option<String>,
    },
    /// Somebody, by his own words.
    Held(String),
    /// It cannot be told.
    Unknown(String),
}

impl Lock {
    pub(super) fn of(store: &Path) -> Self {
        let mut name = store.as_os_str().to_owned();
        name.push(".lock");
        let mut file = match File::open(&name) {
            Ok(file) => file,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Self::Free { left: None },
            Err(cause) => return Self::Unknown(cause.to_string()),
        };
        let tried = file.try_lock_shared();
        let mut text = Vec::new();
        // A text that cannot be read tells nothing.
        let _ = (&mut file).take(MAX_LOCK_BYTES).read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        match tried {
            Ok(()) => {
                let _ = file.unlock();
                Self::Free { left: (!text.is_empty()).then_some(text) }
            }
            Err(TryLockError::WouldBlock) if text.is_empty() => Self::Held("a process".to_owned()),
            Err(TryLockError::WouldBlock) => Self::Held(text),
            Err(TryLockError::Error(cause)) => Self::Unknown(cause.to_string()),
        }
    }
}

/// The store, wherever it can be read.
pub(super) enum State {
    Open(Reading),
    Missing,
    Refused(StoreError),
    /// A process that is not to be asked, or cannot be, has it open.
    Closed,
}

impl State {
    pub(super) fn of(patient: &Patient<'_, '_, '_>, host: &Host) -> Self {
        match host {
            Host::Up { .. } => {
                let connected = crate::doors::socket::client::Client::greet(&patient.address);
                match connected {
                    Ok((_, Some(client))) => Self::Open(Reading::Hosted(client)),
                    Ok((_, None)) | Err(_) => Self::Closed,
                }
            }
            Host::Other(_) | Host::Silent(_) => Self::Closed,
            Host::Nobody | Host::Stale => match patient.place.read() {
                Ok(store) => match Reading::own(std::sync::Arc::new(store)) {
                    Ok(reading) => Self::Open(reading),
                    Err(_) => Self::Closed,
                },
                Err(StoreError::Missing { .. }) => Self::Missing,
                Err(StoreError::InUse { .. }) => Self::Closed,
                Err(error) => Self::Refused(error),
            },
        }
    }
}

pub(super) fn findings(
    patient: &Patient<'_, '_, '_>,
    lock: &Lock,
    host: &Host,
    state: &State,
) -> Vec<Finding> {
    let mut findings = vec![store(patient, state)];
    if let State::Open(reading) = state {
        findings.push(journal(patient, reading));
    }
    findings.push(held(patient, lock, host));
    findings
}

fn store(patient: &Patient<'_, '_, '_>, state: &State) -> Finding {
    let shown = patient.place.shown();
    match state {
        State::Missing => Finding::warning(
            "store",
            format!("there is none at {shown} yet"),
            format!("`{}` makes one", patient.place.command("train")),
        ),
        // What went wrong with a store says itself what helps.
        State::Refused(error) => {
            let why = error.to_string();
            let (found, remedy) = why.split_once("; ").or_else(|| why.split_once(": ")).unwrap_or((&why, ""));
            let remedy = if remedy.is_empty() { "restore a copy of the store" } else { remedy };
            Finding::problem("store", found, remedy)
        }
        State::Closed => Finding::warning(
            "store",
            format!("{shown} cannot be looked at now"),
            "see the lock and the runtime below",
        ),
        State::Open(reading) => {
            let bytes = std::fs::metadata(patient.place.path()).map_or(0, |file| file.len());
            let way =
                if matches!(reading, Reading::Hosted(_)) { "through its runtime" } else { "for reading" };
            match reading.store_info() {
                Ok(info) => {
                    let clock = match info.clock {
                        ClockKind::Real => "the machine's clock",
                        ClockKind::Virtual => "a virtual clock",
                    };
                    let (size, format) = (size::shown(bytes), info.format);
                    Finding::ok("store", format!("{shown} opens {way}: {size}, format {format}, on {clock}"))
                }
                Err(error) => Finding::problem("store", error.to_string(), "restore a copy of the store"),
            }
        }
    }
}

/// Whether the last steps continue each other up to the head.
fn journal(patient: &Patient<'_, '_, '_>, reading: &Reading) -> Finding {
    let damaged = |found: String| {
        let replay = patient.place.command("replay");
        Finding::problem(
            "journal",
            found,
            format!("restore a copy of the store; `{replay}` names what differs"),
        )
    };
    match chain(reading) {
        Ok(Chain { steps: 0, .. }) => Finding::ok("journal", "no step yet"),
        Ok(Chain { steps, checked, broken: None }) => Finding::ok(
            "journal",
            format!("{steps} steps, the last {checked} checked: each continues the one before"),
        ),
        Ok(Chain { broken: Some(step), .. }) => {
            damaged(format!("the hash of step {step} does not continue the chain"))
        }
        Err(error) => damaged(error.to_string()),
    }
}

/// What the last steps of a journal are like.
pub(super) struct Chain {
    steps: u64,
    checked: u64,
    /// The first of them that does not continue the one before, or is not the head that it should be.
    pub(super) broken: Option<u64>,
}

pub(super) fn chain(state: &impl echo_storage::State) -> Result<Chain, StoreError> {
    let head = Head::of(state)?;
    let before = head.step.saturating_sub(CHECKED_STEPS);
    let mut last = if before == 0 { Hash::genesis() } else { journal::sealed(state, before)?.hash() };
    let mut broken = None;
    for step in before + 1..=head.step {
        let sealed = journal::sealed(state, step)?;
        sealed.entry(step)?;
        if broken.is_none() && !sealed.continues(last) {
            broken = Some(step);
        }
        last = sealed.hash();
    }
    if broken.is_none() && last != head.hash {
        broken = Some(head.step);
    }
    if !journal::entries_after(state, head.step, 1)?.is_empty() {
        broken = Some(head.step + 1);
    }
    Ok(Chain { steps: head.step, checked: head.step - before, broken })
}

fn held(patient: &Patient<'_, '_, '_>, lock: &Lock, host: &Host) -> Finding {
    match (lock, host.pid()) {
        (Lock::Free { left: None }, _) => Finding::ok("lock", "free"),
        (Lock::Free { left: Some(who) }, _) => Finding::ok(
            "lock",
            format!("free; {who} ended without closing the store, which whoever writes next brings in order"),
        ),
        (Lock::Held(who), Some(_)) => Finding::ok("lock", format!("held by {who}")),
        (Lock::Held(who), None) => Finding::warning(
            "lock",
            format!("held by {who}, which does not listen"),
            "it may be a command at work or a runtime that comes up: wait for it, or end that process",
        ),
        (Lock::Unknown(cause), _) => Finding::problem(
            "lock",
            format!("{}.lock cannot be read: {cause}", patient.place.shown()),
            "give yourself the right to",
        ),
    }
}

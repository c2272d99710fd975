//! What the picture of a session shows: a model that is fed with steps.
//!
//! What always holds: it is a function of the steps it was given, in their order; it asks no clock and no store.

use echo_storage::clock::ClockKind;
use echo_storage::journal::Entry;
use echo_storage::names::{DecisionId, MessageId, RoleId};
use echo_storage::quantities::Timestamp;
use echo_storage::records::{
    Agent, Ballot, Clarification, Config, Decision, Participation, Phase, Session, Thought, Vote,
};
use echo_storage::{Effect, Input};

/// A session as far as it has got.
pub(super) struct View {
    pub(super) config: Config,
    pub(super) clock: ClockKind,
    /// Whether the session goes on when whoever watches goes away.
    pub(super) is_hosted: bool,
    pub(super) session: Option<Session>,
    /// The session's decision as it was written last.
    pub(super) decision: Option<Decision>,
    /// When it got its present deadline.
    pub(super) waits_since: Timestamp,
    pub(super) agents: Vec<AgentRow>,
    /// Questions to minds that are out, oldest first.
    pub(super) thoughts: Vec<Thought>,
    /// Questions between participants.
    pub(super) clarifications: Vec<Clarification>,
    pub(super) steps: u64,
    pub(super) messages: u64,
    pub(super) dead_letters: u64,
    /// When the watch began.
    began: Option<Timestamp>,
    latest: Timestamp,
}

/// What is known of one agent.
pub(super) struct AgentRow {
    pub(super) role: RoleId,
    pub(super) participation: Option<Participation>,
    /// Its ballots, by round.
    pub(super) ballots: Vec<Ballot>,
    /// Messages that it has not handled, oldest first.
    pub(super) unread: Vec<MessageId>,
    /// Its record, for its breaker.
    pub(super) agent: Option<Agent>,
    /// Why its last step failed, if it did.
    pub(super) failure: Option<String>,
}

/// What stands for a role in a round of votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Voted(Vote),
    Waits,
    Absent,
    /// It has no part in this round.
    Nothing,
}

impl View {
    /// An organisation in which nothing has happened yet.
    pub(super) fn new(config: &Config, clock: ClockKind, is_hosted: bool) -> Self {
        let agents = config.roles.iter().map(|role| AgentRow::new(role.id.clone())).collect();
        Self {
            config: config.clone(),
            clock,
            is_hosted,
            session: None,
            decision: None,
            waits_since: Timestamp::default(),
            agents,
            thoughts: Vec::new(),
            clarifications: Vec::new(),
            steps: 0,
            messages: 0,
            dead_letters: 0,
            began: None,
            latest: Timestamp::default(),
        }
    }

    /// The time of the last step.
    pub(super) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// How long it has been watched, in milliseconds.
    pub(super) fn elapsed_ms(&self, now: Timestamp) -> u64 {
        self.began.map_or(0, |began| now.max(self.latest).ms().saturating_sub(began.ms()))
    }

    /// Takes in a step from before the watch.
    pub(super) fn recall(&mut self, entry: &Entry) {
        self.apply(entry);
        self.began = None;
    }

    /// Takes in a step.
    pub(super) fn apply(&mut self, entry: &Entry) {
        self.steps += 1;
        self.latest = entry.now;
        self.began.get_or_insert(entry.now);
        if let Input::Take { role, .. } = &entry.input
            && let Some(row) = self.row(role)
        {
            row.failure.clone_from(&entry.failure);
        }
        // The step that starts a session writes its decision before the session that says which one it is.
        for effect in &entry.effects {
            if let Effect::PutSession(session) = effect {
                self.session = Some(session.clone());
            }
        }
        for effect in &entry.effects {
            self.take(effect, entry.now);
        }
    }

    fn take(&mut self, effect: &Effect, now: Timestamp) {
        match effect {
            Effect::Send(message) => {
                self.messages += 1;
                for role in self.config.readers(message) {
                    self.arrived(&role, message.id);
                }
            }
            Effect::Redeliver { role, message } => self.arrived(role, *message),
            Effect::Acknowledge { role, message } => {
                if let Some(row) = self.row(role) {
                    row.unread.retain(|unread| unread != message);
                }
            }
            Effect::PutReceipt(receipt) if receipt.dead => {
                self.dead_letters += 1;
                if let Some(row) = self.row(&receipt.role) {
                    row.unread.retain(|unread| *unread != receipt.message);
                }
            }
            Effect::Think(thought) => self.thoughts.push(thought.clone()),
            Effect::EndThought { thought, .. } => self.thoughts.retain(|out| out.id != *thought),
            Effect::PutDecision(decision) if self.is_about(decision.id) => self.moved(decision, now),
            Effect::PutParticipation(row) if self.is_about(row.decision) => {
                if let Some(agent) = self.row(&row.role) {
                    agent.participation = Some(row.clone());
                }
            }
            Effect::PutBallot(ballot) if self.is_about(ballot.decision) => {
                if let Some(row) = self.row(&ballot.role) {
                    row.ballots.retain(|other| other.round != ballot.round);
                    row.ballots.push(ballot.clone());
                }
            }
            Effect::PutClarification(one) if self.is_about(one.decision) => {
                self.clarifications.retain(|other| (other.round, &other.asker) != (one.round, &one.asker));
                self.clarifications.push(one.clone());
            }
            Effect::PutAgent(agent) => {
                if let Some(row) = self.row(&agent.role) {
                    row.agent = Some(agent.clone());
                }
            }
            _ => {}
        }
    }

    fn moved(&mut self, decision: &Decision, now: Timestamp) {
        let before = self.decision.as_ref().and_then(|before| before.deadline);
        if before != decision.deadline {
            self.waits_since = now;
        }
        self.decision = Some(decision.clone());
    }

    fn is_about(&self, decision: DecisionId) -> bool {
        self.session.as_ref().is_some_and(|session| session.decision == decision)
    }

    fn arrived(&mut self, role: &RoleId, message: MessageId) {
        if let Some(row) = self.row(role) {
            row.unread.push(message);
        }
    }

    fn row(&mut self, role: &RoleId) -> Option<&mut AgentRow> {
        self.agents.iter_mut().find(|row| row.role == *role)
    }

    /// The question that a role's mind has had for the longest time.
    pub(super) fn thought_of(&self, role: &RoleId) -> Option<&Thought> {
        self.thoughts.iter().find(|thought| thought.role == *role)
    }

    /// The round of votes that is open, or was the last.
    pub(super) fn round(&self) -> u32 {
        let Some(decision) = &self.decision else { return 0 };
        match decision.phase {
            Phase::Voting { round } | Phase::Clarifying { round } => round,
            _ => decision.rounds,
        }
    }

    /// What stands for a role in a round.
    pub(super) fn mark(&self, row: &AgentRow, round: u32) -> Mark {
        let Some(decision) = &self.decision else { return Mark::Nothing };
        let is_open = matches!(decision.phase, Phase::Voting { round: open } if open == round);
        if let Some(ballot) = row.ballots.iter().find(|ballot| ballot.round == round) {
            Mark::Voted(ballot.vote)
        } else if decision.absences.iter().any(|one| one.role == row.role && one.round == round) {
            Mark::Absent
        } else if is_open && decision.participants.contains(&row.role) {
            Mark::Waits
        } else {
            Mark::Nothing
        }
    }
}

impl AgentRow {
    fn new(role: RoleId) -> Self {
        Self {
            role,
            participation: None,
            ballots: Vec::new(),
            unread: Vec::new(),
            agent: None,
            failure: None,
        }
    }
}

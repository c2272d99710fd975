//! A tiny company for tests that need agents of their own: a head, and those who work for it.
//!
//! What always holds: nobody in it misbehaves unless a test says so.

use echo_runtime::organisation::{Organisation, Shipped};
use echo_runtime::role::{Role, Weighs};
use echo_storage::Input;
use echo_storage::names::{DecisionType, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Mode, Proposal};

/// How long a run of an organisation may take, in seconds, before it counts as hung.
const HUNG_AFTER_S: u64 = 60;

/// The one who may decide anything, and spend 1,000 USD.
pub const HEAD: Role = Role {
    id: "head",
    title: "Head",
    escalates_to: None,
    leadership: true,
    budget_limit_usd: Some(1_000),
    threshold: 700,
    may_decide: &["anything"],
    spends: &[],
    matters: &[],
    keywords: &["plan"],
    hears: &[],
    weighs: Weighs { money: 100, risk: 100, feasibility: 100, outcome: 100, figures: &[] },
    tools: Vec::new,
    on_message: None,
};

/// One who works for the head and may decide nothing.
pub const WORKER: Role = Role {
    id: "worker",
    title: "Worker",
    escalates_to: Some("head"),
    leadership: false,
    budget_limit_usd: None,
    may_decide: &[],
    spends: &[],
    matters: &[],
    keywords: &["plan", "work"],
    ..HEAD
};

/// The company of these roles.
pub fn company(roles: &[Role]) -> Organisation {
    const SCENARIOS: &[Shipped] = &[Shipped { name: "none", yaml: "" }];
    Organisation::new(roles, Vec::new, SCENARIOS).expect("the roles fit together")
}

/// The role of this name.
pub fn role(id: &str) -> RoleId {
    RoleId::new(id).expect("a test names roles well")
}

/// A session about a plan for the work that costs so much, with what more is said of it.
pub fn start_a_plan(initiator: &str, budget_usd: u64, more: Context) -> Input {
    let proposal = Proposal {
        initiator: role(initiator),
        kind: DecisionType::new("anything").expect("a type is named well"),
        mode: Mode::Collaborative,
        matters: Vec::new(),
        opinion: None,
        subject: "A plan".to_owned(),
        context: Context {
            description: "a plan for the work".to_owned(),
            impact: "some".to_owned(),
            stakeholders: vec!["all".to_owned()],
            budget: Some(Usd::dollars(budget_usd)),
            ..more
        },
    };
    Input::StartSession { title: "test".to_owned(), scenario: "{}".to_owned(), proposal }
}

/// Runs what waits on a runtime of its own, and fails where it hangs.
pub fn block_on<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let bound = std::time::Duration::from_secs(HUNG_AFTER_S);
    let run = async { tokio::time::timeout(bound, run).await.expect("the run hangs") };
    runtime.expect("a runtime can be started").block_on(run)
}

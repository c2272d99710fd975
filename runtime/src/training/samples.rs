//! A tiny company for the tests: a chief, a clerk, a guard and a porter, and what they may be asked.

use crate::organisation::{Organisation, Shipped};
use crate::role::{Role, Weighs};

const WEIGHS: Weighs = Weighs { money: 100, risk: 100, feasibility: 100, outcome: 100, figures: &[] };

pub(crate) const CHIEF: Role = Role {
    id: "chief",
    title: "Chief",
    escalates_to: None,
    leadership: true,
    budget_limit_usd: Some(100_000),
    threshold: 700,
    may_decide: &["house_rules", "purchases"],
    spends: &[],
    matters: &[],
    keywords: &["plan"],
    hears: &[],
    weighs: WEIGHS,
    tools: Vec::new,
    on_message: None,
};

const CLERK: Role = Role {
    id: "clerk",
    title: "Clerk",
    escalates_to: Some("chief"),
    leadership: false,
    budget_limit_usd: Some(5_000),
    threshold: 600,
    may_decide: &["stationery"],
    spends: &[],
    matters: &[],
    keywords: &["paper", "archive", "desk"],
    hears: &[],
    weighs: WEIGHS,
    tools: Vec::new,
    on_message: None,
};

const GUARD: Role = Role {
    id: "guard",
    title: "Guard",
    escalates_to: Some("chief"),
    leadership: false,
    budget_limit_usd: None,
    threshold: 600,
    may_decide: &[],
    spends: &[],
    matters: &[],
    keywords: &["door", "lock", "archive"],
    hears: &[],
    weighs: WEIGHS,
    tools: Vec::new,
    on_message: None,
};

const PORTER: Role = Role { id: "porter", title: "Porter", keywords: &["parcel"], ..GUARD };

pub(crate) const SCENARIOS: &[Shipped] =
    &[Shipped { name: "locks", yaml: LOCKS }, Shipped { name: "desks", yaml: DESKS }];

/// Beyond the chief's limit.
pub(crate) const LOCKS: &str = "\
name: locks
title: New locks for the archive
initiator: chief
decision:
  type: purchases
  subject: New locks for every archive door
  description: Each archive door gets a lock, and the desk beside it a place for the paper that proves who went in.
  budget_usd: 150000
  impact: Nobody enters the archive unseen.
  stakeholders: [clerk, guard]
  timeline: 6 months
  risks:
    - {risk: Keys get lost, mitigation: The guard keeps a second set}
  alternatives: [A second guard]
  success_criteria: [No lost paper in 12 months]
  not_concerned: [porter]
expect:
  participate: [clerk, guard]
  decline: [porter]
  quorum: true
  status: escalated
  decided_by: person
";

/// Within the chief's limit, and not what its author expects.
pub(crate) const DESKS: &str = "\
name: desks
title: Desks
initiator: chief
decision:
  type: purchases
  subject: A desk and a door
  description: The archive gets a desk for paper and a door with a lock.
  budget_usd: 2000
  impact: Papers are found again.
  stakeholders: [clerk]
  timeline: 2 months
  risks: []
  alternatives: [A chair]
  dependencies: [A carpenter]
  success_criteria: [Every paper is found within 5 minutes]
expect:
  participate: [porter]
  status: rejected
";

/// The company.
pub(crate) fn company() -> Organisation {
    Organisation::new(&[CHIEF, CLERK, GUARD, PORTER], Vec::new, SCENARIOS).unwrap()
}

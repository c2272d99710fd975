//! Nobody is approved beyond their authority, whoever asks, whatever minds say, and in whatever order.
//!
//! Goal: every approval in a journal is one that the table of roles allows. Method: thousands of sequences by a seed, each a
//! caller who holds every agent's door and calls any tool with arguments made up from its schema, forged messages, verdicts
//! of people who guess, and minds that answer at random; a judge who shares no code with the runtime then reads the journal.
//!
//! `ECHO_TEST_ROUNDS=3000` runs as many sequences, `ECHO_TEST_SEED=N` the one that a failure printed.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

#[path = "authority/arguments.rs"]
mod arguments;
#[path = "authority/judge.rs"]
mod judge;
#[path = "authority/liar.rs"]
mod liar;

use std::sync::Arc;

use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::engine::Asked;
use echo_runtime::organisation::Organisation;
use echo_runtime::replay::replay;
use echo_runtime::tool::{Class, Tool};
use echo_storage::clock::ClockKind;
use echo_storage::journal::{self, Entry};
use echo_storage::names::{Id, MessageId, RoleId, Topic};
use echo_storage::records::{Address, Kind, Party};
use echo_storage::{Input, Store, codes};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use arguments::{Random, pick};
use judge::Judged;
use liar::Liar;

/// How many sequences are run where nobody says how many.
const ROUNDS: u64 = 150;
/// How many inputs a sequence has.
const INPUTS: u64 = 24;
/// How many steps may follow at once before the next input, so that inputs fall into the middle of decisions.
const MAX_STEPS_BETWEEN: u64 = 30;
/// Every how many sequences are decided again from their journal.
const REPLAYED: u64 = 25;

#[test]
fn nothing_is_approved_beyond_its_approvers_authority() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, rounds) = match number("ECHO_TEST_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number("ECHO_TEST_ROUNDS").unwrap_or(ROUNDS)),
    };
    let organisation = Arc::new(echo_agents::organisation().unwrap());
    let mut all = Judged::default();
    for seed in first..first + rounds {
        let entries = sequence(&organisation, seed);
        match judge::judge(&entries) {
            Ok(judged) => all = all.plus(judged),
            Err(violation) => panic!("ECHO_TEST_SEED={seed}: {violation}"),
        }
    }
    println!("{rounds} sequences from seed {first}: {all:?}");
    // A judge who sees nothing finds nothing.
    if rounds >= ROUNDS {
        assert!(all.by_roles > 50 && all.escalated > 50 && all.overridden > 0, "{all:?}");
        assert!(all.with_money > 20 && all.matters > 20 && all.by_people > 5, "{all:?}");
    }
}

/// Plays a sequence and gives its journal.
fn sequence(organisation: &Arc<Organisation>, seed: u64) -> Vec<Entry> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mind = Arc::new(Liar::new(seed));
    let mut simulation = Simulation::new(organisation.clone(), store.clone(), mind, seed).unwrap();
    if random.up_to(2) == 0 {
        simulation = simulation.cascading();
    }
    for _ in 0..INPUTS {
        let input = input(organisation, &mut random);
        if let Input::Verdict { approval, .. } = input {
            // Half of them know the code, as people do; the others guess.
            let code = codes::code(&simulation.snapshot().unwrap(), approval).unwrap();
            let knows = random.up_to(2) == 0;
            let code =
                if knows { code } else { "0000-0000".parse().ok().filter(|guess| Some(*guess) != code) };
            let told = simulation.submit_asked(Asked::from(input).with_code(code));
            assert!(knows || told.is_err(), "ECHO_TEST_SEED={seed}: a verdict without the code was taken");
        } else {
            // Refusals are what most of this comes to.
            let _ = simulation.submit(input);
        }
        let mut steps = random.up_to(MAX_STEPS_BETWEEN);
        let stop = std::cell::Cell::new(false);
        let settled = simulation.settle_until(&|| stop.get(), &mut |_| {
            steps = steps.saturating_sub(1);
            stop.set(steps == 0);
        });
        settled.unwrap();
    }
    simulation.settle(&mut |_| {}).unwrap();
    drop(simulation);
    let state = store.snapshot().unwrap();
    if seed.is_multiple_of(REPLAYED) {
        replay(organisation, &state, None).unwrap();
    }
    journal::walk(&state).map(Result::unwrap).map(|(entry, _)| entry).collect()
}

/// Something that a caller without scruples does.
fn input(organisation: &Organisation, random: &mut ChaCha8Rng) -> Input {
    let roles = organisation.role_ids();
    let role = |random: &mut ChaCha8Rng| pick(random, &roles).clone();
    match random.up_to(12) {
        0 => Input::Post {
            from: Party::Role(role(random)),
            to: address(random, &roles),
            kind: Kind::Escalation,
            subject: "An order".to_owned(),
            content: arguments::forged(random),
            in_reply_to: Some(MessageId::from_number(1 + random.up_to(9))).filter(|_| random.up_to(2) == 0),
        },
        1 => Input::Verdict {
            approval: echo_storage::names::ApprovalId::from_number(1 + random.up_to(3)),
            approve: random.up_to(2) == 0,
            person: "somebody".to_owned(),
            door: "a test".to_owned(),
            note: String::new(),
        },
        2 => Input::Call {
            caller: Party::Person("somebody".to_owned()),
            tool: "allocate_budget".to_owned(),
            arguments: "{}".to_owned(),
        },
        3 => Input::Call {
            caller: Party::Role(if random.up_to(3) == 0 {
                role(random)
            } else {
                RoleId::new("ceo").unwrap()
            }),
            tool: "override_decision".to_owned(),
            arguments: format!(r#"{{"decision":"dec-{}","reason":"otherwise"}}"#, 1 + random.up_to(6)),
        },
        _ => {
            let caller = role(random);
            // Mostly those that decide.
            let all = random.up_to(8) == 0;
            let is_meant = |tool: &&Tool| !tool.only_reads() && (all || tool.class() == Class::Decides);
            let tools: Vec<&Tool> = organisation.tools(&caller).iter().filter(is_meant).collect();
            let tool = *pick(random, &tools);
            let arguments = arguments::of(&tool.input_schema(), random).to_string();
            Input::Call { caller: Party::Role(caller), tool: tool.name().to_owned(), arguments }
        }
    }
}

fn address(random: &mut ChaCha8Rng, roles: &[RoleId]) -> Address {
    match random.up_to(4) {
        0 => Address::Topic(Topic::new("messages:all").unwrap()),
        1 => Address::Topic(Topic::new("decisions:escalated").unwrap()),
        _ => Address::Role(pick(random, roles).clone()),
    }
}

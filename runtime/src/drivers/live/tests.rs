//! Who tells of a batch, the writer or the dispatcher, and that nobody can tell which.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use echo_storage::clock::ClockKind;
use echo_storage::records::{Address, Kind, Party};

use super::*;
use crate::mind::RulesMind;
use crate::training::samples::company;

/// How many posts make a batch that the dispatcher tells of.
const MANY: usize = 20;
/// How many come behind it, each alone.
const SMALL: usize = 3;
/// How long something may take that is waited for.
const LIMIT: Duration = Duration::from_secs(20);

fn post(number: usize) -> Input {
    Input::Post {
        from: Party::Person("ada".to_owned()),
        to: Address::Role("clerk".parse().unwrap()),
        kind: Kind::Notification,
        subject: format!("letter {number}"),
        content: "{}".to_owned(),
        in_reply_to: None,
    }
}

/// Waits until so many steps are committed.
async fn reaches(store: &Store, step: u64) {
    let committed = async {
        while Head::of(&store.snapshot().unwrap()).unwrap().step < step {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, committed).await.expect("the writer goes on");
}

/// Goal: batches are told of in the order of their commits, whoever tells of them, and shown before whoever waits goes on.
/// Method: the dispatcher is held up within a large batch while small ones are committed, of which the writer would tell.
#[test]
fn a_small_batch_is_not_told_of_before_the_large_one_ahead_of_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Arc::new(Store::in_memory(ClockKind::Real).unwrap());
        let live = Live::start(Arc::new(company()), store.clone(), Arc::new(RulesMind)).await.unwrap();
        let (seen, is_held) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(false)));
        let (enters, entered) = channel();
        let (release, released) = channel::<()>();
        let (kept, released) = (seen.clone(), Mutex::new(released));
        live.observe(move |entry| {
            kept.lock().unwrap().push(entry.step);
            let mut is_held = is_held.lock().unwrap();
            if !*is_held {
                *is_held = true;
                enters.send(()).unwrap_or_default();
                let _ = released.lock().unwrap().recv_timeout(LIMIT);
            }
        });
        let before = Head::of(&store.snapshot().unwrap()).unwrap().step;
        let shared = live.shared.clone();
        let large = tokio::spawn(async move { shared.submit((0..MANY).map(post).collect()).await.unwrap() });
        tokio::task::spawn_blocking(move || entered.recv_timeout(LIMIT).unwrap()).await.unwrap();
        let mut small = Vec::new();
        for number in 0..SMALL {
            let (handle, seen) = (live.handle(), seen.clone());
            small.push(tokio::spawn(async move {
                let step = handle.submit_asked(post(number).into()).await.unwrap().step;
                assert!(seen.lock().unwrap().contains(&step), "{step} was told of before it was shown");
            }));
            // A post and its reading. The next is taken up when the writer has done with this one.
            reaches(&store, before + 2 * (MANY + number + 1) as u64).await;
        }
        release.send(()).unwrap();
        assert_eq!(large.await.unwrap().len(), MANY);
        for one in small {
            one.await.unwrap();
        }
        live.settled().await.unwrap();
        live.stop().await.unwrap();
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert!(seen.len() >= 2 * (MANY + SMALL));
        assert!(seen.is_sorted_by(|one, next| one + 1 == *next), "every step once, in order: {seen:?}");
    });
}

//! The cases: what is measured against whom, in which order, and what is aimed for.
//!
//! What always holds: all sides of a case run in the same process on the same disk and take turns, so that whatever else
//! the machine does meets all of them; a ratio is the median of the turns' own ratios; the first turn is not counted.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::bare::Bare;
use crate::ours::Ours;
use crate::pair::{Pair, Tables};
use crate::servers::Servers;
use crate::table::Aim;
use crate::work::Work;
use crate::{latency, rates, sequence};

/// How often the sides take turns.
pub(crate) const TURNS: usize = 9;
/// How much shorter than the others a round is whose commits are kept in memory.
pub(crate) const RECORDED_SHARE: u64 = 4;
/// The least part of the rate of the bare database that is aimed for.
pub(crate) const BARE_AIM: Aim = Aim::AtLeast(0.6);

/// The cases by name, in their order.
pub(crate) const NAMES: [&str; 6] = ["sequence", "agents", "senders", "broadcast", "decisions", "latency"];

/// What every case needs.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    pub(crate) directory: PathBuf,
    pub(crate) servers: Option<Servers>,
    pub(crate) round_ms: u64,
    /// A store that every case begins with a copy of, while the tables of the pair stay as they are.
    pub(crate) history: Option<PathBuf>,
}

/// A figure of a case, for a summary.
pub(crate) struct Figure {
    pub(crate) label: String,
    /// Of ours, in its unit.
    pub(crate) ours: f64,
    /// Of ours as a multiple of the pair's.
    pub(crate) ratio: Option<f64>,
}

/// What takes turns in a case.
pub(crate) struct Sides {
    pub(crate) directory: PathBuf,
    pub(crate) ours: Arc<Ours>,
    pub(crate) pair: Option<Arc<Pair>>,
    /// Nothing where there is a history: it knows nothing of that.
    pub(crate) bare: Option<Bare>,
}

impl Bench {
    /// Runs a case.
    pub(crate) fn run(&self, name: &str) -> Vec<Figure> {
        match name {
            "sequence" => sequence::run(self),
            "agents" => {
                rates::heading("nine agents to each other, messages a second");
                let cases = [(1, 3.0), (8, 10.0), (32, 15.0)].map(|(in_flight, aim)| {
                    let label = format!("nine agents, {in_flight} in flight");
                    rates::run(self, &label, Work::Agents { in_flight }, Aim::AtLeast(aim))
                });
                cases.into()
            }
            "senders" => {
                rates::heading("64 senders to nine agents, messages a second");
                vec![rates::run(self, "64 senders", Work::Senders, Aim::AtLeast(8.0))]
            }
            "broadcast" => {
                rates::heading("broadcasts that all nine process, broadcasts a second");
                let cases = [(1, 6.0), (8, 10.0)].map(|(in_flight, aim)| {
                    let label = format!("broadcasts, {in_flight} in flight");
                    rates::run(self, &label, Work::Broadcasts { in_flight }, Aim::AtLeast(aim))
                });
                cases.into()
            }
            "decisions" => {
                rates::heading("decision rounds from opening to close, decisions a second");
                let aims = [(1, Aim::AtLeast(4.0)), (8, Aim::AtLeast(10.0)), (64, Aim::None)];
                let cases = aims.map(|(in_flight, aim)| {
                    let label = format!("decisions, {in_flight} in flight");
                    rates::run(self, &label, Work::Decisions { in_flight }, aim)
                });
                cases.into()
            }
            _ => latency::run(self),
        }
    }

    /// An empty directory; whatever an earlier case left there is gone.
    pub(crate) fn fresh(&self, name: &str) -> PathBuf {
        let directory = self.directory.join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("a directory can be made");
        directory
    }

    /// The sides of a case, each on files or tables of its own.
    pub(crate) fn sides(&self) -> Sides {
        let directory = self.fresh("case");
        let store = directory.join("org.redb");
        if let Some(history) = &self.history {
            copy(history, &store);
        }
        let bare = self.history.is_none().then(|| Bare::create(&directory.join("bare.redb")));
        let ours = Arc::new(self.runtime.block_on(Ours::start(&store)));
        Sides { directory, ours, pair: self.pair(), bare }
    }

    /// The pair, where its servers run.
    pub(crate) fn pair(&self) -> Option<Arc<Pair>> {
        let tables = if self.history.is_some() { Tables::AsTheyAre } else { Tables::Empty };
        let pair = self.runtime.block_on(Pair::start(self.servers.as_ref()?, tables));
        pair.map_err(|error| println!("SKIPPED: PostgreSQL and Redis: {error}")).ok()
    }

    /// Ends the sides and makes room for the next case.
    pub(crate) fn end(&self, sides: Sides) {
        self.runtime.block_on(sides.ours.stop());
        // What is left is gone with the directory of the benchmark.
        let _ = std::fs::remove_dir_all(sides.directory);
    }
}

/// Copies a closed store, and has the copy on the disk before anything is timed.
fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("a store can be copied");
    File::open(to).and_then(|file| file.sync_all()).expect("a copy can be synced");
}

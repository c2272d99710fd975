//! `verify --crash-sweep`: the whole crash sweep, on the default scenario.
//!
//! What always holds: it runs in memory; how far it is goes to the standard error, what it found to the standard output.

use super::super::train;
use super::super::{End, Failed, Invocation};
use crate::sweep::{Bounds, Figures, Progress, Sweep};
use crate::wording::counted;

/// How often one is told how far it is, at most.
const PROGRESS_LINES: usize = 20;

/// Sweeps.
pub(in crate::doors::cli) fn run(invocation: &mut Invocation<'_, '_>, seed: u64) -> Result<End, Failed> {
    sweep(invocation, seed, Bounds::WHOLE)
}

fn sweep(invocation: &mut Invocation<'_, '_>, seed: u64, bounds: Bounds) -> Result<End, Failed> {
    let organisation = invocation.organisation.clone();
    let scenario = train::read(None, &organisation)?;
    let title = scenario.title.clone();
    invocation.output.note(&format!("sweeping `{title}`, seed {seed}"));
    let sweep = Sweep { organisation, scenario, seed, bounds, sabotage: None };
    let mut told = 0;
    // The database stops the thread on damaged pages. That is judged, and is no news of this program's own.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let figures = sweep.run(&mut |Progress { done, planned, violations }| {
        let lines = done * PROGRESS_LINES / planned.max(1);
        if lines != told {
            told = lines;
            invocation
                .output
                .note(&format!("{done} of {planned} strikes, {}", counted(violations, "violation")));
        }
    });
    std::panic::set_hook(hook);
    let figures = figures.map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&figures);
    } else {
        invocation.output.text(&text(&figures));
    }
    Ok(if figures.violations == 0 { End::Well } else { End::Otherwise })
}

fn text(figures: &Figures) -> String {
    let Figures { seed, runs, steps, commits, operations, .. } = figures;
    let syncs = &figures.failed_syncs;
    let mut lines = vec![
        format!("seed           {seed}"),
        format!(
            "uncut runs     {runs}: {steps} steps, {commits} commits, {operations} operations of the disk"
        ),
        format!(
            "power cuts     {}, of which {} were followed by a second one",
            figures.power_cuts, figures.second_cuts
        ),
        format!(
            "recoveries     {}, cut while the store was opened or closed after a cut",
            figures.recovery_cuts
        ),
        format!("disk errors    {}", figures.io_errors),
        format!("full disks     {}", figures.full_disks),
        format!(
            "failed syncs   {}, gone on from as if nothing had been, then power cut: {} whole, {} refused, {} found \
             damaged, {} lost something",
            syncs.trials, syncs.whole, syncs.refused, syncs.damaged, syncs.lost
        ),
        String::new(),
        counted(figures.violations, "violation"),
    ];
    lines.extend(figures.described.iter().cloned());
    let more = figures.violations - figures.described.len();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::FailedSyncs;

    #[test]
    fn what_is_told() {
        let sound = Figures {
            seed: 7,
            runs: 2,
            steps: 90,
            commits: 60,
            operations: 700,
            power_cuts: 2_100,
            second_cuts: 690,
            recovery_cuts: 320,
            io_errors: 460,
            full_disks: 230,
            failed_syncs: FailedSyncs { trials: 40, whole: 21, refused: 12, damaged: 7, lost: 0 },
            violations: 0,
            described: Vec::new(),
        };
        insta::assert_snapshot!(text(&sound), @r"
        seed           7
        uncut runs     2: 90 steps, 60 commits, 700 operations of the disk
        power cuts     2100, of which 690 were followed by a second one
        recoveries     320, cut while the store was opened or closed after a cut
        disk errors    460
        full disks     230
        failed syncs   40, gone on from as if nothing had been, then power cut: 21 whole, 12 refused, 7 found damaged, 0 lost something

        0 violations
        ");
        let described = vec!["seed 7, commits of one step, power cut after operation 3: lost".to_owned()];
        let broken = Figures { violations: 2, described, ..sound };
        let text = text(&broken);
        let violations: Vec<&str> = text.lines().skip(8).collect();
        assert_eq!(
            violations,
            ["2 violations", "seed 7, commits of one step, power cut after operation 3: lost", "and 1 more"]
        );
    }
}

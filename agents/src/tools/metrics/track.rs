//! How approvals stood: the track records, which are of all time and not of a range.

use echo_runtime::authority;
use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::names::{DecisionType, RoleId};
use echo_storage::records::Config;
use schemars::JsonSchema;
use serde::Serialize;

/// How a role's approvals of one type stood.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Track {
    /// Whose.
    pub(crate) role: RoleId,
    /// Of which type.
    #[serde(rename = "type")]
    pub(crate) kind: DecisionType,
    /// Approvals that stand.
    pub(crate) stood: u32,
    /// Approvals that were reversed.
    pub(crate) reversed: u32,
    /// The track record in thousandths, with its prior of 900 worth ten decisions.
    pub(crate) record: u16,
}

/// The track records that there are of the types that are wanted, in the order of roles and types.
pub(crate) fn tracks(
    state: &(impl Query + ?Sized),
    config: &Config,
    is_wanted: impl Fn(&DecisionType) -> bool,
) -> Result<Vec<Track>, Failure> {
    let mut tracks = Vec::new();
    for role in &config.roles {
        let Some(agent) = state.agent(&role.id)? else { continue };
        for track in agent.track.into_iter().filter(|track| is_wanted(&track.kind)) {
            let record = authority::track_record(track.stood, track.reversed).thousandths();
            let (role, kind) = (role.id.clone(), track.kind);
            tracks.push(Track { role, kind, stood: track.stood, reversed: track.reversed, record });
        }
    }
    Ok(tracks)
}

/// The track records in a line.
pub(crate) fn words(tracks: &[Track]) -> String {
    let (stood, reversed) = tracks.iter().fold((0_u64, 0_u64), |(stood, reversed), track| {
        (stood + u64::from(track.stood), reversed + u64::from(track.reversed))
    });
    format!("track records: {stood} approvals stand, {reversed} were reversed")
}

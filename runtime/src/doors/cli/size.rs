//! Sizes for people.
//!
//! What always holds: a size is rounded by less than a tenth of its unit.

/// A size for people.
pub(super) fn shown(bytes: u64) -> String {
    const KIB: u64 = 1024;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        KIB..1_048_576 => format!("{} KiB", bytes.div_ceil(KIB)),
        1_048_576..1_073_741_824 => tenths(bytes / KIB, "MiB"),
        _ => tenths(bytes / KIB / KIB, "GiB"),
    }
}

/// So many of a unit's 1024th parts, in that unit.
fn tenths(parts: u64, unit: &str) -> String {
    let tenths = parts.saturating_mul(10) / 1024;
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let check = |bytes: u64, expected: &str| assert_eq!(shown(bytes), expected);
        check(0, "0 bytes");
        check(1023, "1023 bytes");
        check(1024, "1 KiB");
        check(1_048_575, "1024 KiB");
        check(1_048_576, "1.0 MiB");
        check(1_600_000, "1.5 MiB");
        check(1_073_741_823, "1023.9 MiB");
        check(1_073_741_824, "1.0 GiB");
        check(u64::MAX, "17179869183.9 GiB");
    }
}

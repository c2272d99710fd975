//! Contrast of two colours, as WCAG 2.2 defines it: `(L1 + 0.05) / (L2 + 0.05)` with the relative luminance
//! `L = 0.2126 R + 0.7152 G + 0.0722 B` of the linear values of the sRGB channels, the lighter colour first.
//!
//! What always holds: it is integer arithmetic. The 256 linear values stand in a table, each rounded to a thousand
//! millionth, so everybody gets the same ratio everywhere; a ratio is rounded down, so one that fails never looks as if
//! it passed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// 0.05 in the unit of [`Colour::luminance`].
const FLARE: u64 = 500_000_000_000;

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self { red, green, blue })
    }

    /// The relative luminance in units of 10^-13: black is 0 and white 10^13.
    fn luminance(self) -> u64 {
        let linear = |channel: u8| LINEAR.get(usize::from(channel)).copied().map_or(0, u64::from);
        2126 * linear(self.red) + 7152 * linear(self.green) + 722 * linear(self.blue)
    }
}

/// The contrast ratio in thousandths, 1000 to 21000, rounded down.
pub(super) fn ratio(one: Colour, other: Colour) -> u64 {
    let (one, other) = (one.luminance() + FLARE, other.luminance() + FLARE);
    one.max(other) * 1000 / one.min(other)
}

impl TryFrom<String> for Colour {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
            .ok_or_else(|| format!("a colour is written #rrggbb, such as #1a73e8, not `{text}`"))
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl JsonSchema for Colour {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Colour".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^#[0-9a-fA-F]{6}$" })
    }
}

/// The linear value of each channel value in units of 10^-9: `c / 12.92` up to 0.04045, else
/// `((c + 0.055) / 1.055)^2.4`, where `c` is the channel value / 255.
#[rustfmt::skip]
const LINEAR: [u32; 256] = [
    0, 303_527, 607_054, 910_581, 1_214_108, 1_517_635, 1_821_162, 2_124_689, 2_428_216, 2_731_743,
    3_035_270, 3_346_536, 3_676_507, 4_024_717, 4_391_442, 4_776_953, 5_181_517, 5_605_392, 6_048_833,
    6_512_091, 6_995_410, 7_499_032, 8_023_193, 8_568_126, 9_134_059, 9_721_217, 10_329_823, 10_960_094,
    11_612_245, 12_286_488, 12_983_032, 13_702_083, 14_443_844, 15_208_514, 15_996_293, 16_807_376,
    17_641_954, 18_500_220, 19_382_361, 20_288_563, 21_219_010, 22_173_885, 23_153_366, 24_157_632,
    25_186_860, 26_241_222, 27_320_892, 28_426_040, 29_556_834, 30_713_444, 31_896_033, 33_104_767,
    34_339_807, 35_601_315, 36_889_450, 38_204_372, 39_546_235, 40_915_197, 42_311_411, 43_735_029,
    45_186_204, 46_665_086, 48_171_824, 49_706_566, 51_269_458, 52_860_647, 54_480_276, 56_128_490,
    57_805_430, 59_511_238, 61_246_054, 63_010_018, 64_803_267, 66_625_939, 68_478_170, 70_360_096,
    72_271_851, 74_213_568, 76_185_381, 78_187_422, 80_219_820, 82_282_707, 84_376_212, 86_500_462,
    88_655_586, 90_841_711, 93_058_963, 95_307_467, 97_587_347, 99_898_728, 102_241_733, 104_616_484,
    107_023_103, 109_461_711, 111_932_428, 114_435_374, 116_970_668, 119_538_428, 122_138_772, 124_771_818,
    127_437_680, 130_136_477, 132_868_322, 135_633_330, 138_431_615, 141_263_291, 144_128_471, 147_027_266,
    149_959_790, 152_926_152, 155_926_464, 158_960_835, 162_029_376, 165_132_195, 168_269_400, 171_441_101,
    174_647_404, 177_888_416, 181_164_244, 184_474_995, 187_820_772, 191_201_683, 194_617_830, 198_069_320,
    201_556_254, 205_078_736, 208_636_870, 212_230_757, 215_860_500, 219_526_200, 223_227_957, 226_965_874,
    230_740_049, 234_550_582, 238_397_574, 242_281_122, 246_201_327, 250_158_285, 254_152_094, 258_182_853,
    262_250_658, 266_355_605, 270_497_791, 274_677_312, 278_894_263, 283_148_740, 287_440_838, 291_770_650,
    296_138_271, 300_543_794, 304_987_314, 309_468_923, 313_988_713, 318_546_778, 323_143_209, 327_778_098,
    332_451_536, 337_163_615, 341_914_425, 346_704_056, 351_532_600, 356_400_144, 361_306_780, 366_252_596,
    371_237_680, 376_262_123, 381_326_011, 386_429_434, 391_572_478, 396_755_231, 401_977_780, 407_240_212,
    412_542_613, 417_885_071, 423_267_670, 428_690_497, 434_153_636, 439_657_174, 445_201_195, 450_785_783,
    456_411_023, 462_077_000, 467_783_796, 473_531_496, 479_320_183, 485_149_940, 491_020_850, 496_932_995,
    502_886_458, 508_881_321, 514_917_665, 520_995_573, 527_115_126, 533_276_404, 539_479_489, 545_724_461,
    552_011_402, 558_340_390, 564_711_506, 571_124_829, 577_580_440, 584_078_418, 590_618_841, 597_201_788,
    603_827_339, 610_495_571, 617_206_562, 623_960_392, 630_757_136, 637_596_874, 644_479_682, 651_405_637,
    658_374_817, 665_387_298, 672_443_157, 679_542_470, 686_685_312, 693_871_761, 701_101_892, 708_375_780,
    715_693_501, 723_055_129, 730_460_740, 737_910_409, 745_404_210, 752_942_217, 760_524_505, 768_151_147,
    775_822_218, 783_537_792, 791_297_940, 799_102_738, 806_952_258, 814_846_572, 822_785_754, 830_769_877,
    838_799_012, 846_873_232, 854_992_608, 863_157_213, 871_367_119, 879_622_397, 887_923_118, 896_269_353,
    904_661_174, 913_098_652, 921_581_856, 930_110_858, 938_685_728, 947_306_537, 955_973_353, 964_686_248,
    973_445_290, 982_250_550, 991_102_097, 1_000_000_000,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_the_guidelines() {
        let check = |one: &str, other: &str, expected: u64| {
            let (one, other) = (Colour::parse(one).unwrap(), Colour::parse(other).unwrap());
            assert_eq!(ratio(one, other), expected, "{one} {other}");
            assert_eq!(ratio(other, one), expected, "{other} {one}");
        };
        check("#000000", "#FFFFFF", 21_000);
        check("#123456", "#123456", 1_000);
        check("#ff0000", "#ffffff", 3_998);
        check("#0000ff", "#ffffff", 8_592);
        // The lightest greys on white that pass 4.5, 3 and 7, and those that just fail.
        check("#767676", "#ffffff", 4_542);
        check("#777777", "#ffffff", 4_478);
        check("#949494", "#ffffff", 3_033);
        check("#959595", "#ffffff", 2_995);
        check("#595959", "#ffffff", 7_004);
        check("#5a5a5a", "#ffffff", 6_896);
    }

    #[test]
    fn the_table_rises_from_black_to_white() {
        assert!(LINEAR.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((LINEAR[0], LINEAR[255]), (0, 1_000_000_000));
    }

    #[test]
    fn colours_are_read_exactly_or_not_at_all() {
        for wrong in ["", "#fff", "#12345g", "123456", "#1234567", "#+12345", "#äöü"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Colour::parse("#0A0b0C").unwrap().to_string(), "#0a0b0c");
    }
}

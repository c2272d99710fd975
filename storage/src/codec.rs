//! How a value becomes bytes and back: the only module that names bincode.
//!
//! What always holds: a stored value is `version (u16, little endian) · payload · CRC-32 (u32, little endian)`, where
//! the checksum covers the table's number, the key, the version and the payload. So a flipped bit, a value under a
//! wrong key and a value in a wrong table are all found when the value is read, which redb itself does not do.
//! Decoding is bounded by [`MAX_VALUE_BYTES`], because a damaged length would otherwise ask for any amount of memory.

pub use bincode::{Decode, Encode};

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};

/// The largest value that is written or read, in bytes.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

const VERSION_BYTES: usize = 2;
const CHECKSUM_BYTES: usize = 4;
/// Room for a value of usual size, so that it need not be moved while it is written.
const USUAL_BYTES: usize = 128;
/// Room for a step.
const USUAL_STEP_BYTES: usize = 1_024;

const CONFIG: Configuration<LittleEndian, Varint, Limit<MAX_VALUE_BYTES>> =
    config::standard().with_limit::<MAX_VALUE_BYTES>();

/// A type that is stored as the value of a table.
pub trait Record: Encode + Decode<()> + Clone + Send + Sync + 'static {
    /// The version that is written today. Older versions stay readable through [`Record::decode_version`].
    const VERSION: u16 = 1;

    /// About how many bytes it takes, so that it need not be moved while it is written.
    fn size_hint(&self) -> usize {
        USUAL_BYTES
    }

    /// Decodes a payload of `version`; a type with a history overrides this.
    fn decode_version(version: u16, payload: &[u8]) -> Result<Self, CodecError> {
        if version == Self::VERSION { decode(payload) } else { Err(CodecError::Version { version }) }
    }
}

/// Why bytes are not a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The checksum does not fit the bytes.
    #[error("its checksum does not match its bytes")]
    Checksum,
    /// The bytes carry a correct checksum and still are no value of this type.
    #[error("its bytes do not decode: {0}")]
    Malformed(String),
    /// The value was written by a newer program.
    #[error("its record version {version} is not known to this program")]
    Version {
        /// The version found.
        version: u16,
    },
    /// The value is larger than [`MAX_VALUE_BYTES`].
    #[error("a value of more than {MAX_VALUE_BYTES} bytes is not stored: {0}")]
    TooLarge(String),
}

/// The bare bytes of a value, without version and checksum: what the journal hashes.
pub fn encode<T: Encode>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::with_capacity(USUAL_STEP_BYTES);
    encode_into(value, &mut bytes)?;
    if bytes.len() > MAX_VALUE_BYTES {
        return Err(CodecError::TooLarge(format!("{} bytes", bytes.len())));
    }
    Ok(bytes)
}

/// Appends a value's bytes, in one pass.
fn encode_into<T: Encode>(value: &T, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
    let written = bincode::encode_into_std_write(value, bytes, CONFIG);
    written.map(drop).map_err(|error| CodecError::Malformed(error.to_string()))
}

/// The value behind bytes from [`encode`]; every byte must be used.
pub fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<T, CodecError> {
    match bincode::decode_from_slice(bytes, CONFIG) {
        Ok((value, used)) if used == bytes.len() => Ok(value),
        Ok((_, used)) => Err(CodecError::Malformed(format!("{} bytes too many", bytes.len() - used))),
        Err(error) => Err(CodecError::Malformed(error.to_string())),
    }
}

/// A value as it stands in a table: version, payload, checksum.
pub fn seal<T: Record>(table: u8, key: &[u8], value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::with_capacity(value.size_hint());
    bytes.extend_from_slice(&T::VERSION.to_le_bytes());
    encode_into(value, &mut bytes)?;
    if bytes.len() - VERSION_BYTES > MAX_VALUE_BYTES {
        return Err(CodecError::TooLarge(format!("{} bytes", bytes.len() - VERSION_BYTES)));
    }
    let checksum = checksum(table, key, &bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// The value behind bytes from [`seal`], checked.
pub fn open<T: Record>(table: u8, key: &[u8], bytes: &[u8]) -> Result<T, CodecError> {
    let (body, stored) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(CodecError::Checksum)?;
    if checksum(table, key, body) != u32::from_le_bytes(*stored) {
        return Err(CodecError::Checksum);
    }
    let (version, payload) = body.split_first_chunk::<VERSION_BYTES>().ok_or(CodecError::Checksum)?;
    T::decode_version(u16::from_le_bytes(*version), payload)
}

fn checksum(table: u8, key: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[table]);
    hasher.update(key);
    hasher.update(body);
    hasher.finalize()
}

impl Record for () {}
impl Record for u64 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Encode, Decode)]
    struct Note {
        text: String,
        figures: Vec<u64>,
    }
    impl Record for Note {}

    fn note() -> Note {
        Note { text: "two signatures".to_owned(), figures: vec![7, 300, u64::MAX] }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let sealed = seal(3, b"key", &note()).unwrap();
        assert_eq!(open::<Note>(3, b"key", &sealed), Ok(note()));
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open::<Note>(3, b"key", &damaged), Err(CodecError::Checksum), "bit {bit}");
        }
    }

    #[test]
    fn a_value_belongs_to_its_table_and_key() {
        let sealed = seal(3, b"key", &note()).unwrap();
        assert_eq!(open::<Note>(4, b"key", &sealed), Err(CodecError::Checksum));
        assert_eq!(open::<Note>(3, b"kez", &sealed), Err(CodecError::Checksum));
    }

    #[test]
    fn damaged_lengths_and_leftovers_are_errors_and_allocate_nothing() {
        let enormous = [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        assert!(matches!(decode::<Vec<u64>>(&enormous), Err(CodecError::Malformed(_))));
        let mut longer = encode(&note()).unwrap();
        longer.push(0);
        assert!(matches!(decode::<Note>(&longer), Err(CodecError::Malformed(_))));
        for length in 0..longer.len() - 1 {
            assert!(decode::<Note>(&longer[..length]).is_err(), "cut at {length}");
        }
    }
}

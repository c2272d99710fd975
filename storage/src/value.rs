//! Values as layers hold them: the record itself, or its bytes until somebody wants the record.
//!
//! What always holds: a value belongs to one key of one table, and whoever reads it gets the same record, whether it was
//! written in this batch or read from the file. A record that is written is encoded once, when its batch is committed; one
//! that is read from the file is checked and decoded once.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::codec::{self, CodecError, Record};

type Erased = dyn Any + Send + Sync;

/// Encodes a record of a type that is known no more, for a table and key.
type Seal = fn(&Erased, u8, &[u8]) -> Result<Vec<u8>, CodecError>;

/// A value of a table.
#[derive(Clone)]
pub struct Value(Held);

#[derive(Clone)]
enum Held {
    /// Written in a layer, and how to encode it.
    Record(Arc<Erased>, Seal),
    /// Read from below.
    Bytes(Arc<Bytes>),
}

struct Bytes {
    bytes: Vec<u8>,
    record: OnceLock<Box<Erased>>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value")
    }
}

impl Value {
    /// A record that is written.
    pub fn of<V: Record>(record: V) -> Self {
        Self(Held::Record(Arc::new(record), seal::<V>))
    }

    /// Bytes that were read.
    pub fn read(bytes: Vec<u8>) -> Self {
        Self(Held::Bytes(Arc::new(Bytes { bytes, record: OnceLock::new() })))
    }

    /// The record.
    ///
    /// # Errors
    /// The bytes are no value of this type under this key.
    pub fn record<V: Record>(&self, table: u8, key: &[u8]) -> Result<&V, CodecError> {
        match &self.0 {
            Held::Record(record, _) => typed(&**record),
            Held::Bytes(held) => {
                if let Some(record) = held.record.get() {
                    return typed(&**record);
                }
                let record: V = codec::open(table, key, &held.bytes)?;
                typed(&**held.record.get_or_init(|| Box::new(record)))
            }
        }
    }

    /// How many bytes of the file it holds; none where it was written.
    pub(crate) fn read_bytes(&self) -> usize {
        match &self.0 {
            Held::Record(..) => 0,
            Held::Bytes(held) => held.bytes.len(),
        }
    }

    /// Its bytes, as they stand in the file.
    ///
    /// # Errors
    /// A record that is too large to be stored.
    pub fn bytes(&self, table: u8, key: &[u8]) -> Result<Vec<u8>, CodecError> {
        match &self.0 {
            Held::Record(record, seal) => seal(&**record, table, key),
            Held::Bytes(held) => Ok(held.bytes.clone()),
        }
    }
}

fn typed<V: Record>(record: &Erased) -> Result<&V, CodecError> {
    record.downcast_ref().ok_or_else(|| CodecError::Malformed("it was written as another type".to_owned()))
}

fn seal<V: Record>(record: &Erased, table: u8, key: &[u8]) -> Result<Vec<u8>, CodecError> {
    codec::seal(table, key, typed::<V>(record)?)
}

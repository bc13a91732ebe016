//! The bytes of a chart's file, shared by all who read them: as text where they are one.
//!
//! Deliberately absent: byte order marks; who loads a chart takes them off.

use bytes::Bytes;
use ddlint_yaml::SourceText;
use std::fmt::{self, Debug, Formatter};
use std::ops::Deref;

/// The bytes of a file. Copying it copies no bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct FileData(Shared);

#[derive(Clone, PartialEq, Eq)]
enum Shared {
    /// UTF-8.
    Text(SourceText),
    /// Anything else.
    Bytes(Bytes),
}

impl FileData {
    /// The bytes, shared.
    pub fn bytes(&self) -> Bytes {
        match &self.0 {
            Shared::Text(text) => text.as_bytes().clone(),
            Shared::Bytes(bytes) => bytes.clone(),
        }
    }

    /// The text, shared; none where the bytes are not UTF-8.
    pub fn text(&self) -> Option<SourceText> {
        match &self.0 {
            Shared::Text(text) => Some(text.clone()),
            Shared::Bytes(_) => None,
        }
    }
}

impl Deref for FileData {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Shared::Text(text) => text.as_bytes(),
            Shared::Bytes(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for FileData {
    fn from(bytes: Vec<u8>) -> FileData {
        FileData(match String::from_utf8(bytes) {
            Ok(text) => Shared::Text(text.into()),
            Err(error) => Shared::Bytes(error.into_bytes().into()),
        })
    }
}

impl From<&[u8]> for FileData {
    fn from(bytes: &[u8]) -> FileData {
        FileData(match std::str::from_utf8(bytes) {
            Ok(text) => Shared::Text(text.into()),
            Err(_) => Shared::Bytes(Bytes::copy_from_slice(bytes)),
        })
    }
}

impl From<&str> for FileData {
    fn from(text: &str) -> FileData {
        FileData(Shared::Text(text.into()))
    }
}

impl Debug for FileData {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.len())
    }
}

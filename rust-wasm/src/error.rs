//! What can go wrong in the core. Nothing here traps: input from outside ends in one of these.

/// A failure, with a sentence for the person who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// An allocation whose size came from outside was refused. Nothing was changed.
    OutOfMemory,
    /// An argument outside its documented range.
    InvalidOption(&'static str),
    /// Something that has not been handed in yet.
    NotFound(&'static str),
    /// Bytes that no version of the codec writes.
    Corrupt(&'static str),
    /// Bytes of a later version of the codec.
    NewerFormat,
}

/// A result of the core.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// What happened, for a person.
    pub fn message(self) -> &'static str {
        match self {
            Error::OutOfMemory => "the WebAssembly memory cannot grow any further",
            Error::InvalidOption(message) | Error::NotFound(message) | Error::Corrupt(message) => {
                message
            }
            Error::NewerFormat => "the saved index was written by a later version",
        }
    }
}

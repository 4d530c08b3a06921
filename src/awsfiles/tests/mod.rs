//! The lossless files: what is read, what an edit changes, what survives.

mod document;

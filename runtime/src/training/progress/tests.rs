//! Progress in words.

//! The picture of a session.

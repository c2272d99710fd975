//! A session in a crowd.

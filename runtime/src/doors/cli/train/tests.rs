//! Interrupted sessions on the command line.

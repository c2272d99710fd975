//! A tiny company for the tests: a chief, a clerk and a guard, and what they may be asked.

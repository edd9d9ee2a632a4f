//! What is read, and who could have written it.

//! When a clock of a time zone shows what a configuration asks for, against an oracle that walks minute by minute.

mod hours;
mod oracle;
mod table;
mod zones;

//! What the journal promises, on real files and on disks with faults.

mod appending;
mod bound;
mod completeness;
mod damage;
mod faults;
mod faulty_disk;
mod fixture;
mod kept;

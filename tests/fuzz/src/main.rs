//! The program; see the library.

use std::process::ExitCode;

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    smoker_fuzz::cli::run().map_or_else(
        |error| {
            eprintln!("ERROR: {error}");
            ExitCode::FAILURE
        },
        ExitCode::from,
    )
}

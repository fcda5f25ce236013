//! The program: see [`muster::cli`].

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Events come and go as many small texts, which the system's allocator spends a third of their cost on.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    muster::cli::main()
}

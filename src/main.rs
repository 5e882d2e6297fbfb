//! The `sweepstake` binary.

fn main() -> std::process::ExitCode {
    sweepstake::cli::main()
}

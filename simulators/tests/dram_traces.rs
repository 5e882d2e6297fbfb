//! Reading traces: the four formats, and inputs that break their rules.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

use proptest::prelude::*;
use sweepstake_simulators::dram::trace::{Format, read, to_csv};
use sweepstake_simulators::dram::{Access, DramError, MAX_CYCLE, Trace};

fn parse(format: Format, text: &str) -> Result<Trace, DramError> {
    read(format, text.as_bytes())
}

fn message(format: Format, text: &str) -> String {
    parse(format, text).unwrap_err().to_string()
}

#[test]
fn every_format_reads_the_same_requests() {
    let texts = [
        (Format::Csv, "cycle,op,addr\n31,R,0x400140\n33,w,0x80\n"),
        (Format::Stl, "# a comment\n31:\tread\t0x400140\n\n33: Write 0x80"),
        (Format::Dramsim3, "0x400140 READ 31\n0x80 WRITE 33\n"),
    ];
    let accesses = vec![
        Access { cycle: 31, address: 0x40_0140, write: false },
        Access { cycle: 33, address: 0x80, write: true },
    ];
    for (format, text) in texts {
        assert_eq!(parse(format, text).unwrap().accesses, accesses, "{format:?}");
    }
    for text in ["0x400140 R\n0x80 W\n", "LD 0x400140\nST 0x80\n"] {
        let untimed: Vec<Access> = accesses.iter().map(|access| Access { cycle: 0, ..*access }).collect();
        assert_eq!(parse(Format::Ramulator, text).unwrap().accesses, untimed);
    }
}

#[test]
fn formats_are_recognised_by_their_first_line() {
    let lines = ["cycle,op,addr", "31: read 0x40", "0x40 READ 31", "LD 0x40"];
    assert_eq!(lines.map(Format::detect), Format::ALL.map(Some));
    assert_eq!(Format::detect("hello"), None);
}

#[test]
fn errors_name_line_and_rule() {
    let header = message(Format::Csv, "1,R,0x40\n");
    assert!(header.contains("line 1") && header.contains("cycle,op,addr"), "{header}");
    let op = message(Format::Csv, "cycle,op,addr\n1,R,0x40\n2,X,0x40\n");
    assert!(op.contains("line 3") && op.contains('X') && op.contains("allowed"), "{op}");
    let cycle = message(Format::Stl, "-5: read 0x40\n");
    assert!(cycle.contains("line 1") && cycle.contains("-5"), "{cycle}");
    let address = message(Format::Dramsim3, "0x1ffffffffffffffff READ 3\n");
    assert!(address.contains("below 2^64"), "{address}");
    let late = message(Format::Csv, &format!("cycle,op,addr\n{},R,0x40\n", MAX_CYCLE + 1));
    assert!(late.contains("above"), "{late}");
    let fields = message(Format::Ramulator, "0x40 R 7\n");
    assert!(fields.contains("line 1") && fields.contains("is needed"), "{fields}");
}

#[test]
fn empty_binary_and_endless_lines_are_refused() {
    assert!(matches!(parse(Format::Csv, ""), Err(DramError::EmptyTrace { .. })));
    assert!(matches!(parse(Format::Csv, "cycle,op,addr\n"), Err(DramError::EmptyTrace { .. })));
    let binary = read(Format::Stl, &[0xff, 0xfe, b'\n'][..]).unwrap_err().to_string();
    assert!(binary.contains("not text"), "{binary}");
    let endless = message(Format::Stl, &"x".repeat(1 << 20));
    assert!(endless.contains("longer than 1024"), "{endless}");
}

/// A reader that fails after some bytes, as a truncated archive does.
struct Truncated(&'static [u8]);

impl std::io::Read for Truncated {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        std::io::Read::read(&mut self.0, into)
    }
}

#[test]
fn a_truncated_input_is_an_error() {
    let input = std::io::BufReader::new(Truncated(b"cycle,op,addr\n1,R,0x40\n2,R"));
    let error = read(Format::Csv, input).unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("cannot be read"), "{error}");
}

#[test]
fn unsorted_traces_are_read_and_can_be_refused() {
    let trace = parse(Format::Csv, "cycle,op,addr\n5,R,0x40\n3,R,0x40\n").unwrap();
    let error = trace.check_sorted().unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("cycle 3 follows 5"), "{error}");
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), format in 0..4usize) {
        let _ = read(Format::ALL[format], bytes.as_slice());
    }

    #[test]
    fn near_misses_never_panic(text in "([0-9xa-f:, #\n]|read|write|READ|R|W|LD){0,60}", format in 0..4usize) {
        let _ = read(Format::ALL[format], text.as_bytes());
    }

    #[test]
    fn csv_round_trips(accesses in proptest::collection::vec((0..MAX_CYCLE, any::<u64>(), any::<bool>()), 1..50)) {
        let accesses =
            accesses.into_iter().map(|(cycle, address, write)| Access { cycle, address, write }).collect();
        let trace = Trace { accesses };
        prop_assert_eq!(&read(Format::Csv, to_csv(&trace).as_bytes()).unwrap(), &trace);
    }
}

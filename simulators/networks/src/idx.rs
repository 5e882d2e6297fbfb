//! IDX, the format of the MNIST family: two zero bytes, a type, the number of dimensions, big-endian sizes, values.
//!
//! Source: <http://yann.lecun.com/exdb/mnist/>, "The IDX file format".

use std::io::Read;

use flate2::read::GzDecoder;

use crate::error::Error;

/// Bytes in an array of some dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    /// Size of every dimension.
    pub shape: Vec<usize>,
    /// Values, the last dimension fastest.
    pub values: Vec<u8>,
}

/// Type code of unsigned bytes, the only one read here.
const UNSIGNED_BYTE: u8 = 0x08;

/// More than any file of this family; a forged header cannot ask for more memory.
const MOST_VALUES: usize = 1 << 31;

/// Reads an IDX file of unsigned bytes with `dimensions` dimensions, gzipped or plain. `what` names it in errors.
///
/// # Errors
/// [`Error::Data`] for a broken gzip stream, a wrong magic number, other dimensions, or too few or too many values.
pub fn read(what: &str, bytes: &[u8], dimensions: usize) -> Result<Idx, Error> {
    let plain;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        plain = unzipped(what, bytes)?;
        &plain
    } else {
        bytes
    };
    let Some((&magic, rest)) = bytes.split_first_chunk::<4>() else {
        return Err(Error::data(what, format!("ends after {} bytes, within its magic number", bytes.len())));
    };
    let wanted = [0, 0, UNSIGNED_BYTE, dimensions as u8];
    if magic != wanted {
        let (got, want) = (u32::from_be_bytes(magic), u32::from_be_bytes(wanted));
        let problem = format!("magic number {got:#010x}, not {want:#010x} ({dimensions}-dimensional bytes)");
        return Err(Error::data(what, problem));
    }
    if rest.len() < 4 * dimensions {
        return Err(Error::data(what, format!("ends within the sizes of its {dimensions} dimensions")));
    }
    let (sizes, values) = rest.split_at(4 * dimensions);
    let size = |b: &[u8]| b.iter().fold(0_usize, |size, byte| size << 8 | usize::from(*byte));
    let shape: Vec<usize> = sizes.chunks_exact(4).map(size).collect();
    let total = shape.iter().try_fold(1_usize, |total, size| total.checked_mul(*size));
    let total = total.filter(|total| *total <= MOST_VALUES);
    let Some(total) = total else {
        return Err(Error::data(what, format!("shape {shape:?} has more than {MOST_VALUES} values")));
    };
    if values.len() != total {
        let problem = format!("holds {} values, where shape {shape:?} wants {total}", values.len());
        return Err(Error::data(what, problem));
    }
    Ok(Idx { shape, values: values.to_vec() })
}

fn unzipped(what: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut plain = Vec::new();
    let header = 64;
    let limited = GzDecoder::new(bytes).take((MOST_VALUES + header) as u64);
    let read = { limited }.read_to_end(&mut plain);
    read.map_err(|error| Error::data(what, format!("is not whole as a gzip file: {error}")))?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<u8> {
        vec![0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 9, 8, 7, 6]
    }

    fn message(bytes: &[u8]) -> String {
        read("images", bytes, 3).unwrap_err().to_string()
    }

    #[test]
    fn plain_and_gzipped_files_read_alike() {
        let mut zipped = Vec::new();
        flate2::read::GzEncoder::new(&image()[..], flate2::Compression::best())
            .read_to_end(&mut zipped)
            .unwrap();
        let plain = read("images", &image(), 3).unwrap();
        assert_eq!(plain, Idx { shape: vec![1, 2, 2], values: vec![9, 8, 7, 6] });
        assert_eq!(read("images", &zipped, 3).unwrap(), plain);
        assert!(message(&zipped[..zipped.len() - 9]).contains("not whole as a gzip file"));
    }

    #[test]
    fn a_wrong_magic_number_is_named() {
        let mut labels = image();
        labels[3] = 1;
        assert_eq!(message(&labels), "images: magic number 0x00000801, not 0x00000803 (3-dimensional bytes)");
    }

    #[test]
    fn every_truncation_and_a_byte_too_many_are_refused() {
        let whole = image();
        for length in 0..whole.len() {
            assert!(read("images", &whole[..length], 3).is_err(), "{length} bytes");
        }
        assert!(
            message(&[&whole[..], &[0]].concat()).contains("holds 5 values, where shape [1, 2, 2] wants 4")
        );
    }

    #[test]
    fn a_forged_size_costs_no_memory() {
        let mut forged = image();
        forged[4..16].fill(0xff);
        assert!(message(&forged).contains("more than"));
    }
}

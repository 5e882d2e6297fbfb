//! Data that the program brings along.

use crate::error::Error;
use crate::images::Dataset;

macro_rules! data {
    ($file:literal) => {
        include_bytes!(concat!("../data/fashion-mnist/", $file, "-ubyte.gz"))
    };
}

/// Conv4 with widths 16, 32, 64 and 64, trained on all of Fashion-MNIST:
/// `sweepstake ticket train --config configs/jackpot.yaml --seed 1 --out simulators/networks/data/conv4.safetensors`.
pub const CONV4: &[u8] = include_bytes!("../data/conv4.safetensors");

/// 1,200 training and 800 test images of Fashion-MNIST, the first of each class (`data/subset.py` made them; licence
/// beside them).
///
/// # Errors
/// None, unless the files were changed before compilation.
pub fn images() -> Result<Dataset, Error> {
    Dataset::read([
        data!("train-images-idx3"),
        data!("train-labels-idx1"),
        data!("t10k-images-idx3"),
        data!("t10k-labels-idx1"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_images_are_whole_and_balanced() {
        let data = images().unwrap();
        for (part, of_each) in [(&data.train, 120), (&data.test, 80)] {
            let of = |class| part.labels.iter().filter(|label| **label == class).count();
            assert!((0..10).all(|class| of(class) == of_each));
        }
    }
}

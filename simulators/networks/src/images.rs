//! Labelled images, as bytes; normalised when a batch is taken.

use crate::error::Error;
use crate::idx;

/// Images of one size with their classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Pixels on a side.
    pub side: usize,
    /// `count * side * side` grey values.
    pub pixels: Vec<u8>,
    /// A class for each image.
    pub labels: Vec<u8>,
}

/// What a data set is learnt from and judged on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// For learning and for batch-norm statistics.
    pub train: Images,
    /// For judging only.
    pub test: Images,
}

/// Classes of the MNIST family.
pub const CLASSES: usize = 10;

/// Mean of all grey values of the training images of Fashion-MNIST, divided by 255; and their deviation.
const MEAN: f32 = 0.2860;
const DEVIATION: f32 = 0.3530;

/// The four files of a data set and how they are called, in the order train images and labels, test images and labels.
pub const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

impl Images {
    /// Images and labels from their IDX files.
    ///
    /// # Errors
    /// [`Error::Data`] for a broken file, images that are not square, or labels that do not fit.
    pub fn read(names: [&str; 2], files: [&[u8]; 2]) -> Result<Self, Error> {
        let images = idx::read(names[0], files[0], 3)?;
        let labels = idx::read(names[1], files[1], 1)?;
        let &[count, height, width] = &images.shape[..] else {
            return Err(Error::data(names[0], "has not three dimensions"));
        };
        if height != width || !(4..=64).contains(&height) {
            let problem = format!("images of {height} x {width} pixels, not square with 4 to 64 on a side");
            return Err(Error::data(names[0], problem));
        }
        if count == 0 || labels.values.len() != count {
            let problem = format!("{} labels for {count} images", labels.values.len());
            return Err(Error::data(names[1], problem));
        }
        if let Some(label) = labels.values.iter().find(|label| usize::from(**label) >= CLASSES) {
            return Err(Error::data(
                names[1],
                format!("label {label}, where classes are 0 to {}", CLASSES - 1),
            ));
        }
        Ok(Self { side: height, pixels: images.values, labels: labels.values })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The first `count` of them, or all.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.len());
        let pixels = self.pixels[..count * self.side * self.side].to_vec();
        Self { side: self.side, pixels, labels: self.labels[..count].to_vec() }
    }

    /// Normalised pixels of the images at `indices`: (x / 255 − mean) / deviation.
    pub(crate) fn batch(&self, indices: &[usize]) -> (Vec<f32>, Vec<u8>) {
        let size = self.side * self.side;
        let table: Vec<f32> = (0..=255_u8).map(|x| (f32::from(x) / 255.0 - MEAN) / DEVIATION).collect();
        let mut pixels = Vec::with_capacity(indices.len() * size);
        for index in indices {
            let image = &self.pixels[index * size..][..size];
            pixels.extend(image.iter().map(|x| table[usize::from(*x)]));
        }
        (pixels, indices.iter().map(|index| self.labels[*index]).collect())
    }
}

impl Dataset {
    /// A data set from the four files of [`FILES`].
    ///
    /// # Errors
    /// As [`Images::read`]; [`Error::Data`] if both parts have images of different sizes.
    pub fn read(files: [&[u8]; 4]) -> Result<Self, Error> {
        let train = Images::read([FILES[0], FILES[1]], [files[0], files[1]])?;
        let test = Images::read([FILES[2], FILES[3]], [files[2], files[3]])?;
        if train.side != test.side {
            let problem = format!("{} pixels on a side, but {} in training", test.side, train.side);
            return Err(Error::data(FILES[2], problem));
        }
        Ok(Self { train, test })
    }

    /// A hash of every byte, in hexadecimal.
    pub fn content(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [&self.train, &self.test] {
            hasher.update(&(part.side as u64).to_le_bytes());
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(&part.pixels).update(&part.labels);
        }
        hasher.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(dimensions: &[u32]) -> Vec<u8> {
        let sizes = dimensions.iter().flat_map(|size| size.to_be_bytes());
        [0, 0, 8, dimensions.len() as u8].into_iter().chain(sizes).collect()
    }

    fn read(shape: &[u32; 3], labels: &[u8]) -> Result<Images, Error> {
        let pixels = vec![255; shape.iter().product::<u32>() as usize];
        let images = [header(shape), pixels].concat();
        let labels = [header(&[labels.len() as u32]), labels.to_vec()].concat();
        Images::read(["images", "labels"], [&images, &labels])
    }

    #[test]
    fn labels_fit_their_images() {
        assert_eq!(read(&[2, 4, 4], &[0, 9]).unwrap().len(), 2);
        assert_eq!(read(&[2, 4, 4], &[0]).unwrap_err().to_string(), "labels: 1 labels for 2 images");
        assert_eq!(
            read(&[1, 4, 4], &[10]).unwrap_err().to_string(),
            "labels: label 10, where classes are 0 to 9"
        );
        assert!(read(&[1, 4, 5], &[1]).unwrap_err().to_string().contains("4 x 5 pixels, not square"));
        assert!(read(&[0, 4, 4], &[]).is_err());
    }

    #[test]
    fn a_batch_is_normalised() {
        let (pixels, labels) = read(&[2, 4, 4], &[3, 4]).unwrap().batch(&[1]);
        assert_eq!(labels, [4]);
        assert!(pixels.iter().all(|x| (x - 0.714 / 0.353).abs() < 1e-6), "{pixels:?}");
    }
}

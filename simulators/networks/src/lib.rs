//! Networks and what is left of them under a mask: image data, training, pruning criteria, mask search.
//!
//! Everything is a function of bytes and seeds: whoever calls reads the files. Weights and masks are plain vectors
//! ([`weights`], [`mask`]); tensors appear in [`engine`] alone, which computes logits and gradients on a [`device`].
//! In reading order: [`idx`] and [`images`] (data), [`architecture`] (a table of convolutions), [`weights`],
//! [`checkpoint`] (their file), [`mask`], [`rates`] (how much of each layer stays), [`device`] (what computes),
//! [`engine`], [`evaluation`], [`training`], [`criteria`] (which weights matter), [`jackpot`] (search for a mask)
//! and [`iterative`] (pruning and training in turns).

pub mod architecture;
pub mod checkpoint;
pub mod criteria;
pub mod device;
pub mod engine;
pub mod error;
pub mod evaluation;
pub mod idx;
pub mod images;
pub mod iterative;
pub mod jackpot;
pub mod mask;
pub mod rates;
pub mod shipped;
pub mod stream;
pub mod training;
pub mod weights;

pub use error::Error;

//! What several models are made of.

pub mod arrays;
pub mod bins;
pub mod expansion;
pub mod growth;
pub mod linear_model;
pub mod matrix;
pub mod trees;

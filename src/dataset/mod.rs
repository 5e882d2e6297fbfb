//! Datasets: the tables that sweeps write.

pub mod columns;

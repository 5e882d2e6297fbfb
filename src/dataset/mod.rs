//! Datasets: the tables that sweeps write, and what can be done with them afterwards.
//!
//! Everything here streams: a table is read as [`rows`], whatever its format, and memory does not grow with it
//! (what does grow, and up to where, is said at [`info`] and [`merge`]).

pub mod columns;
pub mod csv_file;
pub mod declared;
pub mod export;
pub(crate) mod guarded;
pub mod identity;
pub mod info;
pub mod inputs;
pub mod labels;
pub mod layout;
pub mod merge;
pub mod minari;
pub mod output;
pub mod parquet_rows;
pub mod parquet_writer;
pub mod profile;
pub mod quantiles;
pub mod rows;
pub mod spelling;

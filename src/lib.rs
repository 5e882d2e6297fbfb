//! Sweeps of agents over environments.

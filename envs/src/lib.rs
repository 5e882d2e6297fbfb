//! Environments and the ENVS table.

//! Hardware models: pure functions of a configuration and a workload.

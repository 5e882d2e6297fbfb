//! Environments, design spaces and agents for design-space search.

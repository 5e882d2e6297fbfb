//! Search agents and the AGENTS table.

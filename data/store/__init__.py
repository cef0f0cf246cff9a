"""Stores: the lake (every version), the serving file (one snapshot, read-only) and their DuckDB door."""

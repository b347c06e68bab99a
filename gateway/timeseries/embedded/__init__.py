"""The store inside the gateway's own process: a DuckDB file, its tables, its writer, its reader."""

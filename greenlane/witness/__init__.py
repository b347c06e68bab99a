"""A second party: cosigns checkpoints of logs that only ever grow, and remembers what it saw."""

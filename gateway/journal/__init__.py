"""What is kept: entries in one order, in one SQLite file, and pictures as files beside it."""

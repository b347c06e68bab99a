"""Keeps everything in a journal, judges it, and says what changed."""

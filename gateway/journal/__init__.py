"""What is kept: entries in one order, in one SQLite file, and pictures as files beside it.

journal ─▶ rows ─▶ store (its threads, group commit) ─▶ schema
   └─ slew: its clock
blobs ─▶ writes: files that become durable together
   └─ parts: of pictures that are not whole yet
"""

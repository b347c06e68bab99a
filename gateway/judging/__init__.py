"""The judge at work: reads the journal, keeps the state, numbers and tells what was decided.

journal ─▶ bench ─▶ changes ─▶ link and disk (and what alerts rest on: resting)
             └────▶ snapshots: a restart judges the tail alone

replay: a journal judged anew        renewal: a restored journal becomes a new one
"""

"""How what devices say that are not ours is read, by configuration alone. Pure.

profile ─▶ routes, each from one pattern of topics to readings ─▶ payload ─▶ rows ─▶ heard: an entry

A new profile is one file and one line in `gateway.adapters.profiles`.
"""

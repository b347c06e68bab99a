"""One alert as an archive that holds without us: made on the gateway's machine, verified anywhere.

    journal, tree, pictures ─▶ gathering ─▶ export ─▶ archive.zip ─▶ verify (needs `contract/` only)

What an archive is made of stands in `form`.
"""

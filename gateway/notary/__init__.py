"""Makes the journal tamper-evident: follows it, keeps its Merkle tree, signs how it stands.

    journal ─▶ notary ─▶ tree (tiles) ─▶ checkpoint ─▶ link, witnesses ─▶ cosignatures

It has its own place in the journal, and nobody waits for it: what is not signed yet is signed soon.
"""

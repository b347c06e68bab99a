"""Proof that nothing was changed: a Merkle tree over the journal, signed checkpoints, their check.

    journal entry ─▶ leaf ─▶ merkle (RFC 6962) ─▶ checkpoint ─▶ note (signed, cosigned)

Everything here is pure and needs no gateway: who verifies trusts no code of ours but this.
"""

"""Who may speak: keys that count, codes by which they are entered, certificates for the broker.

codes ─▶ enrolling ─▶ key.enrolled ─┐
         revoking ──▶ key.revoked ──┴─▶ keys: what the intake believes (a fold)
             └──────▶ revocations ──▶ authority/ca.crl: whom the broker lets in no more
                          └─────────▶ dismissing: whose links it ends
"""

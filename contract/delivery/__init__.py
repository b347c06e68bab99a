"""End to end, nothing lost and nothing doubled: the outbox, the uplink, and what they agree on.

    said ─▶ Store ─▶ Sender ─▶ uplink ══ MQTT ══▶ intake ─▶ Ledger ─▶ journal
             ▲  number, chain,   │  window, time-outs          │
             │  sign, shed,      │                             ▼
             └─ prune ◀──────────┴────── receipt ◀═════════ receipts

`Store`, `Sender`, `SourceEnd` and the gateway's `Ledger` are synchronous and see no clock; `Outbox`
and `uplink` put threads, time and the link around them.
"""

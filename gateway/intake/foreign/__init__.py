"""Hears devices that are not ours: plain payloads over MQTT. Unsigned for ever.

    broker ─▶ ear ─▶ Waiting ─▶ Taking ─▶ journal: one entry a batch, bytes as they came ─▶ judge
                    (fair)        └─▶ quarantine                                        └─▶ sinks

They number nothing and sign nothing: numbered here, never dropped as repeats, and whether anything
is missing cannot be told. What they say is read by `gateway.adapters`.
"""

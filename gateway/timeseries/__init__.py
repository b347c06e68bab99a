"""From the journal into a database, and histories out of it.

journal ─▶ pump ─▶ points ─▶ sink ─┐
                                   ├ timeseries: one of `sinks`, made of `embedded` or `influx`
answers ◀───────────────── history ┘
"""

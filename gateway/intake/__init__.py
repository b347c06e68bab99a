"""What sources say, on its way into the journal, and what they hear of it.

    link ─▶ turns ─▶ intake ─▶ inspection ─▶ journal ─▶ … ─▶ receipts ─▶ link
                        ├────▶ quarantine, knocks: what nobody may say, and a word of it
                        └────▶ remains: of pictures that never became whole

What devices say that are not ours comes by `foreign`.
"""

"""What is decided, and nothing else: no clock, no network, no chance, no database.

    judge ─▶ twins, runs          agents and their devices; which run of an agent speaks
      ├────▶ ledger, wholeness    which numbers are here, and what is told of it
      ├────▶ order                each stream in its sequence
      ├────▶ scans                the newest, and whether their pictures are here
      ├────▶ asking ─▶ rules/ ─▶ episodes ─▶ alerts
      └────▶ law                  which judge, rules and settings are in force

All of it is held in `state`; `rule` is the idea of a rule, `rules` are all there are.
"""

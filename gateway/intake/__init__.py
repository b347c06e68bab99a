"""What sources say, on its way into the journal: turns, signatures, quarantine, receipts."""

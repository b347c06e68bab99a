"""What is decided, and nothing else: folds over the journal, rules, alerts. Pure."""

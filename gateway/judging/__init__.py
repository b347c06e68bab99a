"""The judge at work: reads the journal, keeps the state, numbers and tells what was decided."""

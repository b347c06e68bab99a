"""How long the body of an entry is kept, and who erases it when its time has come."""

"""From the journal into a database, and histories out of it: the idea, and each kind of store."""

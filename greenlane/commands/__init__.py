"""The commands of ``greenlane``, each in its own file; light to import, heavy only when run."""

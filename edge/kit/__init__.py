"""The driver kit: a template to copy, and the suite that every driver of ours passes too."""

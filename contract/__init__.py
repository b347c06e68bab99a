"""What travels, and how it arrives: the only code that the services share."""

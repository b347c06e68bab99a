"""What is asked over the link, and what the gateway answers."""

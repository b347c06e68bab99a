"""What officers see, and how they act."""

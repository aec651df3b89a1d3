"""What was said, written down in the background and searched."""

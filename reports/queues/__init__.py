"""Reports about queues, their calls, and calls that never came to wait."""

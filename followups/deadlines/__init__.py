"""When a caller has to be answered, in working days; who is warned, and whether it was kept."""

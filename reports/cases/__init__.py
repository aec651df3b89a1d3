"""Reports about follow-ups: promises kept, faults that rise."""

"""What queues did, a row for each stint: folded from the journal, completed by CEL, read by everybody else."""

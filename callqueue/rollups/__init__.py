"""What the ledger says of quarters of an hour and of days, in numbers that can be added."""

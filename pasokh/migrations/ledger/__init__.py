"""Steps of the ledger's store, oldest first by file name."""

"""National IDs: sealed in the database, found by a keyed hash, kept out of texts."""

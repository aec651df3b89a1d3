"""Steps of the main store, oldest first by file name. A room that adds a table adds a step here."""

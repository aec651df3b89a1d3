"""A sheet as a file: JSON, CSV, spreadsheet, paper."""

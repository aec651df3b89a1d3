"""What every room stands on: settings, paths, database, bus, calendars, text, and the link to Asterisk."""

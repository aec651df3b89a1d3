"""Voice messages and call-back requests: taken in, heard, closed."""

"""Cases: what a caller was promised, who works on it, and all that happened to it."""

"""One call's whole story: what happened in it, where it led, and what it left behind."""

"""Callers say a word of the menu instead of pressing its key."""

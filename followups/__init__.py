"""Promises to callers: cases, their deadlines, and the call that tells the result."""

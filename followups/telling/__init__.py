"""The call that tells a caller his result, and what he said of it."""

"""How long what is kept may stay: retention, legal hold, deletion that really deletes, forgotten callers."""

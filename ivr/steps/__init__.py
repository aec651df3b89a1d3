"""What callers did in the menus, kept for reports."""

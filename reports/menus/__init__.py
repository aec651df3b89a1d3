"""Reports about what callers did in the menus."""

"""A site's backup: made while the line runs, sealed, and made a site again."""

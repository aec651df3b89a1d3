"""What a site's cases go by: subjects, units, causes."""

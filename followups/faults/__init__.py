"""What ails the organisation: what rises suddenly, and the actions that mend it."""

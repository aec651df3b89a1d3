"""Reports about people: who calls from where, who has to call again, how requests end, what is unusual."""

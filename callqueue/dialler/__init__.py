"""The service that dials: never more calls out than free agents."""

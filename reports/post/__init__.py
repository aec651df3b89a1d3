"""Reports that are sent by mail when they are due."""

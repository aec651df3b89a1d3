"""Agents: the phone in the browser and the desk around it."""

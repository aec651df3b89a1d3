"""Agents log in, pause and come back; what they shall be outlives Asterisk."""

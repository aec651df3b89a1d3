"""Agents' planned working times."""

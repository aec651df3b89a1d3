"""A stand-in for the organisation's own back office: it implements docs/back-office.openapi.yaml with sample people.

It is a system of its own: it knows nothing of calls, and Pasokh knows it by HTTP alone.
"""

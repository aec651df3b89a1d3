"""Self-service as data: what a service asks, what it asks the back office, and how the answer is spoken.

A service is a file `ivr/services/NAME.yaml`, or `services/NAME.yaml` in the site's folder. docs/self-service.md says
how to write one.
"""

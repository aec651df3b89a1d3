"""How many agents a coming day needs: forecast, queueing models, plan. docs/staffing.md explains it."""

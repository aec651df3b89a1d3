"""The ground of all web pages: sign-in, roles, layout, live events, the audit log."""

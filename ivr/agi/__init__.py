"""FastAGI: Asterisk's gateway interface over TCP.

panoramisk's own FastAGI pieces are not used: its handler spins for ever when a peer connects and closes, `HANGUP`
lines and 520 usage blocks put its replies out of step, it has no time-outs, and query strings are left unparsed.
"""

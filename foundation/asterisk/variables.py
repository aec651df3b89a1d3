"""Every channel variable that Pasokh's dialplans and Python share, named once.

A test reads the dialplans and fails on a `PASOKH_` name that is not here.
"""

from enum import StrEnum


class Variable(StrEnum):
    """Variables of one call's channel."""

    CALLER = "PASOKH_CALLER"
    """The validated number of the caller; empty when withheld or malformed."""
    LANGUAGE = "PASOKH_LANGUAGE"
    """fa, tr or en."""
    QUEUE = "PASOKH_QUEUE"
    """Set by the IVR before it ends: the queue to enter. Not set: the rescue path."""
    PRIORITY = "PASOKH_PRIORITY"
    """Priority in that queue, a whole number from 0; higher is served first."""
    ORIGIN = "PASOKH_ORIGIN"
    """Origin of the coming stint (callqueue.stint.Origin)."""
    PROMISE = "PASOKH_PROMISE"
    """Id of the promise that the coming stint keeps, or empty."""
    STINT = "PASOKH_STINT"
    """Number of the present stint on this channel, counted by the dialplan from 1."""
    DONE = "PASOKH_DONE"
    """Set by the IVR to `1` when the call has been served and shall end with a goodbye."""
    NUMBER = "PASOKH_NUMBER"
    """An agent's id: set by the IVR to have the call dialled through to his telephone."""
    IDENTITY = "PASOKH_IDENTITY"
    """`proved` once the caller has said who he is and proved it; never a number."""

    FROM = "PASOKH_FROM"
    """The caller's own text before it is validated; emptied at once."""
    LEGS = "PASOKH_LEGS"
    """Path of the present stint's recorded legs, without `-caller.wav` and `-agent.wav`."""
    PROMPT = "PASOKH_PROMPT"
    """What the caller hears when a queue could not serve him."""
    REASON = "PASOKH_REASON"
    """Why the rescue path was taken."""
    RESCUED = "PASOKH_RESCUED"
    """1 once the rescue path was taken."""
    DEFAULTED = "PASOKH_DEFAULTED"
    """1 once the default queue has been tried."""


class Site(StrEnum):
    """Global variables written from the site's settings."""

    DEFAULT_QUEUE = "PASOKH_DEFAULT_QUEUE"
    DEFAULT_LANGUAGE = "PASOKH_DEFAULT_LANGUAGE"
    AGI = "PASOKH_AGI"
    """agi://host:port of the IVR."""
    CAPACITY = "PASOKH_CAPACITY"
    """Calls of the public at once; one more hears that all lines are busy."""
    RAW = "PASOKH_RAW"
    """Folder of the raw legs of recordings."""
    RESCUE_SPOOL = "PASOKH_RESCUE_SPOOL"
    """Folder where the rescue script leaves voice messages."""
    EMERGENCY = "PASOKH_EMERGENCY"
    """Folder where a file says that an emergency announcement or a closure is on."""
    DRAIN = "PASOKH_DRAIN"
    """While this file exists, new calls are refused."""
    MAX_WAIT = "PASOKH_MAX_WAIT"
    """Prefix: PASOKH_MAX_WAIT_<queue> is that queue's longest wait in seconds, to its overflow where it has one."""
    FIRST_PENALTY = "PASOKH_FIRST_PENALTY"
    """Prefix: PASOKH_FIRST_PENALTY_<queue> is the highest penalty that is rung at first there."""
    OVERFLOW = "PASOKH_OVERFLOW"
    """Prefix: PASOKH_OVERFLOW_<queue> is the queue where its callers go on; empty: none."""
    RECORD = "PASOKH_RECORD"
    """Prefix: PASOKH_RECORD_<queue> is 1 where calls are recorded."""
    RECORDING_STOPPED = "PASOKH_RECORDING_STOPPED"
    """1 while the disk is too full to record; calls go on."""

"""A site's settings: one commented YAML file, then environment variables (`PASOKH_PORTS__SIP=5080`).

A wrong setting is refused with its key, its value and the reason; nothing starts on half-read settings.
"""

from foundation.settings.line import (
    METRICS_PORTS,
    Capacity,
    Database,
    Disk,
    OpenId,
    Ports,
    Sip,
    Site,
    Speech,
    Trunk,
    Wallboard,
    WebPages,
    WebService,
)
from foundation.settings.listening import Listening
from foundation.settings.outbound import Hours, Numbers, Outbound
from foundation.settings.refusal import ENVIRONMENT_PREFIX
from foundation.settings.retention import Kept, Retention, RetentionRule
from foundation.settings.secrets import Secrets, load_secrets
from foundation.settings.service import (
    HIGHEST_PENALTY,
    RESCUE_BOX,
    Agent,
    Box,
    Closure,
    Extensions,
    Holidays,
    Identity,
    Limits,
    Overflow,
    Prompts,
    Queue,
    Widening,
)
from foundation.settings.site import NOT_SETTINGS, Settings, SettingsError, load_settings
from foundation.settings.smtp import Smtp
from foundation.settings.supervision import Supervision
from foundation.settings.transcripts import Transcripts
from foundation.settings.values import LANGUAGES, Language, Section

__all__ = [
    "ENVIRONMENT_PREFIX", "HIGHEST_PENALTY", "LANGUAGES", "METRICS_PORTS", "NOT_SETTINGS", "RESCUE_BOX", "Agent", "Box",
    "Capacity", "Closure", "Database", "Disk", "Extensions", "Holidays", "Hours", "Identity", "Kept", "Language",
    "Limits", "Listening", "Numbers", "OpenId", "Outbound", "Overflow", "Ports", "Prompts", "Queue", "Retention",
    "RetentionRule", "Secrets", "Section", "Settings", "SettingsError", "Sip", "Site", "Smtp", "Speech", "Supervision",
    "Transcripts", "Trunk", "Wallboard", "WebPages", "WebService", "Widening", "load_secrets", "load_settings",
]

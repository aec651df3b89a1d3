"""Section about how sound is kept."""

from typing import Annotated, Literal

from pydantic import Field

from foundation.settings.values import Name, Section


class Recordings(Section):
    codec: Literal["wav", "flac", "opus"] = "flac"
    """What archived sound is packed in: wav as it was recorded, flac smaller without loss, opus smallest with some."""
    encrypt: bool = True
    """Whether archived sound is encrypted with the site's key."""
    first_queues: list[Name] | None = None
    """Whose calls are still recorded while the disk is scarce (disk.recordings_scarce_below_megabytes); null: all."""
    mask_seconds: Annotated[int, Field(ge=10, le=3600)] = 120
    """A recording that is masked while a secret is spoken goes on by itself after so long."""

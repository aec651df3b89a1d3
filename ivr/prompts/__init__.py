"""Prompts: what callers hear, rendered from text or recorded in a studio, as telephone sound."""

from ivr.prompts.catalogue import Catalogue, CatalogueError, Missing, Prompt, load_catalogue, missing
from ivr.prompts.rendering import Built, Refused, build
from ivr.prompts.sound import SoundError, ToolMissingError

__all__ = [
    "Built", "Catalogue", "CatalogueError", "Missing", "Prompt", "Refused", "SoundError", "ToolMissingError", "build",
    "load_catalogue", "missing",
]

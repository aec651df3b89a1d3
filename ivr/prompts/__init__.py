"""Prompts: what callers hear, rendered from text or recorded in a studio, as telephone sound."""

from ivr.prompts.catalogue import Catalogue, CatalogueError, Missing, Prompt, load_catalogue, missing
from ivr.prompts.importing import Imported, import_folder, import_recording
from ivr.prompts.rendering import Built, Refused, build
from ivr.prompts.sound import SoundError, ToolMissingError

__all__ = [
    "Built", "Catalogue", "CatalogueError", "Imported", "Missing", "Prompt", "Refused", "SoundError",
    "ToolMissingError", "build", "import_folder", "import_recording", "load_catalogue", "missing",
]

"""Reads YAML by libyaml, some ten times as fast as PyYAML's own reader, where it can be trusted with the text."""

from typing import Any

import yaml

try:
    from yaml import CSafeLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader as CSafeLoader  # type: ignore[assignment]

QuickLoader = CSafeLoader

MOST_LEVELS = 5000
"""libyaml ends the whole process somewhere above 20,000 levels; PyYAML's own reader raises RecursionError."""

Loader = yaml.SafeLoader | QuickLoader


def load_yaml(text: str) -> Any:
    """The content of a document; None of an empty one.

    Raises:
        yaml.YAMLError: it is none.
    """
    return loader_for(text).get_single_data()


def loader_for(text: str) -> Loader:
    """The quickest that can be trusted with so deep a text."""
    # A level takes a bracket, or a place further right in a line.
    levels = text.count("[") + text.count("{") + max(map(len, text.splitlines()), default=0)
    return QuickLoader(text) if levels < MOST_LEVELS else yaml.SafeLoader(text)

"""Texts of YAML: the quick reader where it can be trusted, an error instead of a dead process where it cannot."""

import pytest
import yaml

from foundation.yaml_text import load_yaml


def test_a_text_too_deep_for_the_quick_reader_is_an_error() -> None:
    for deep in ("[" * 60_000, "- " * 60_000):
        with pytest.raises((RecursionError, yaml.YAMLError)):
            load_yaml(deep)


def test_what_is_read_is_what_plain_yaml_says() -> None:
    text = "menus: {fa: چه؟, list: [1, 2.5, true, null, 2026-11-22]}\nlong: |\n  a\n  b\n"
    assert load_yaml(text) == yaml.safe_load(text)
    assert load_yaml("") is None

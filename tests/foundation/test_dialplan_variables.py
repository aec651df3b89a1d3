"""The dialplans and Python agree on the names of channel variables."""

import re
from pathlib import Path

import pytest

from foundation.asterisk.render import DIALPLANS, TEMPLATES
from foundation.asterisk.variables import Site, Variable

KNOWN = {*Variable, *Site}
FILES = [*DIALPLANS.glob("*.conf"), TEMPLATES / "pasokh/extensions.conf"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dialplan_uses_only_names_that_python_knows(path: Path) -> None:
    text = re.sub(r"^\s*;.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    names = {name.rstrip("_") for name in re.findall(r"PASOKH_[A-Z_]+", text)}
    assert names - {str(name) for name in KNOWN} == set()


def test_every_name_that_python_knows_is_used_by_a_dialplan() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    assert {str(name) for name in KNOWN if name not in text} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_callers_own_text_stands_in_no_applications_arguments(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if f"${{{Variable.FROM}}}" in line:
            assert re.search(r"GotoIf\(\$\{REGEX|Set\(PASOKH_CALLER=\$\{PASOKH_FROM\}\)$", line), line

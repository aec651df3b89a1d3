"""From a bare machine to the command line: prepare what the command needs, then become it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from enum import Flag, auto
from pathlib import Path
from typing import NoReturn

from foundation.paths import CHECKOUT, tools_folder
from pasokh.setup import apt
from pasokh.setup.browser_packages import BrowserBundles, PrivateNode
from pasokh.setup.private_asterisk import PrivateAsterisk, cache_folder
from pasokh.setup.python_packages import PythonPackages
from pasokh.setup.steps import Step, run_steps
from pasokh.setup.system_packages import TO_CALL, TO_RUN, TO_TEST_DATABASES, TO_TEST_PAGES, VENV, SystemPackages
from pasokh.setup.workbench import SetupError, Workbench

HELP = """Pasokh: an open contact centre for a public hotline, on a real Asterisk.

Nothing is installed here yet. These commands prepare this machine first (a few minutes, once):
  bin/pasokh up         start the line; Ctrl-C stops it (--detach: in the background)
  bin/pasokh test       all tests and checks (test fast: those without live calls)
  bin/pasokh prepare    only prepare

Everything they fetch lies in {tools} (PASOKH_TOOLS moves it), a site's state in var/ (PASOKH_HOME moves it).
After that `bin/pasokh --help` tells all commands."""


class Need(Flag):
    """What a command cannot do without, besides Python's packages."""

    NOTHING = 0
    LINE = auto()
    """A running line: prompts, broker, Asterisk."""
    CALLS = auto()
    """Simulated telephones."""
    TESTS = auto()
    """Test tools and checks."""
    DATABASES = auto()
    """A real PostgreSQL and a real browser to test on."""


NEEDS = {
    "up": Need.LINE,
    "prepare": Need.LINE,
    "demo": Need.LINE | Need.CALLS,
    "bench": Need.LINE | Need.CALLS,
    "test": Need.LINE | Need.CALLS | Need.TESTS | Need.DATABASES,
}


def need_of(arguments: Sequence[str]) -> Need:
    """What a command line needs; the fast tests make no calls and use no PostgreSQL."""
    if list(arguments[:2]) == ["test", "fast"]:
        return Need.LINE | Need.TESTS
    return NEEDS.get(arguments[0], Need.NOTHING)


def steps_for(need: Need, checkout: Path, tools: Path) -> list[Step]:
    """The steps that lead to `need`, in their order."""
    system = (VENV, *(TO_RUN if Need.LINE in need else ()), *(TO_CALL if Need.CALLS in need else ()))
    only_tests = (*TO_TEST_DATABASES, *TO_TEST_PAGES) if Need.DATABASES in need else ()
    steps: list[Step] = [SystemPackages((*system, *only_tests), tools)]
    steps.append(PythonPackages(checkout, tools / "venv", checkout / "requirements.lock"))
    if Need.TESTS in need:
        steps.append(PythonPackages(checkout, tools / "venv", checkout / "requirements-test.lock"))
    if Need.LINE in need:
        bundles = BrowserBundles(checkout, tools, with_tests=Need.TESTS in need)
        steps += [PrivateNode(tools, tools / "venv/bin/python", checkout / "pasokh/setup/node.lock", bundles), bundles]
        steps.append(PrivateAsterisk(tools / "asterisk", cache_folder()))
    return steps


def launch(arguments: Sequence[str]) -> NoReturn:
    """Prepare what is missing for the command in `arguments`, then become it; never returns."""
    tools = tools_folder()
    python = tools / "venv/bin/python"
    os.environ["PATH"] = f"{os.environ.get('PATH', '/usr/bin:/bin')}:{apt.SYSTEM_FOLDERS}"
    if _asks_for_help(arguments):
        if not (tools / "venv/whole.stamp").exists():
            print(HELP.format(tools=tools))
            sys.exit(0)
    else:
        _prepare(need_of(arguments), tools)
    os.execv(python, [str(python), "-P", "-m", "pasokh", *arguments])  # noqa: S606 - no shell is wanted


def _asks_for_help(arguments: Sequence[str]) -> bool:
    return not arguments or "--help" in arguments


def _prepare(need: Need, tools: Path) -> None:
    bench = Workbench(tools, sys.stderr)
    try:
        run_steps(steps_for(need, CHECKOUT, tools), bench)
    except SetupError as error:
        print(f"\npasokh: {error}", file=sys.stderr)
        sys.exit(error.code)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"\npasokh: {error}\nWhat was done so far is in {bench.log}.", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\npasokh: interrupted; the same command goes on where this one stopped.", file=sys.stderr)
        sys.exit(130)

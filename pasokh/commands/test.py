"""`bin/pasokh test`: the checks, then the tests."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import typer

from foundation.paths import CHECKOUT

KINDS = {"fast": "not live and not postgres and not soak", "soak": "soak", "": "not soak"}


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]


def checks(kind: str, more: tuple[str, ...]) -> list[Check]:
    """What is run, in order; `more` goes to pytest. Long runs are not preceded by the checks."""
    tools = Path(sys.executable).parent
    tests = Check("pytest", (str(tools / "pytest"), "-m", KINDS[kind], *more))
    if kind == "soak":
        return [tests]
    return [
        Check("ruff", (str(tools / "ruff"), "check", ".")),
        Check("mypy", (str(tools / "mypy"),)),
        Check("import-linter", (str(tools / "lint-imports"),)),
        tests,
    ]


def test(context: typer.Context) -> None:
    """Run the checks and tests: `test` all but the long runs, `test fast` without live calls and PostgreSQL,
    `test soak` the long runs. Further arguments go to pytest.
    """
    words = list(context.args)
    kind = words.pop(0) if words and words[0] in KINDS else ""
    began = time.monotonic()
    codes = {check.name: _run(check) for check in checks(kind, tuple(words))}
    failed = [name for name, code in codes.items() if code]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "All good"
    print(f"\n{verdict}, in {time.monotonic() - began:.0f} s", flush=True)
    raise typer.Exit(codes[failed[0]] if failed else 0)


def _run(check: Check) -> int:
    print(f"== {check.name}", flush=True)
    return subprocess.run(check.command, cwd=CHECKOUT, check=False).returncode

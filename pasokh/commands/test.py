"""`bin/pasokh test`: the checks, then the tests."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from foundation.paths import CHECKOUT

MOST_WORKERS = 8
"""Each has a line of its own: about a gigabyte of memory."""
ALONE = ("-k", "-n", "--numprocesses", "-s", "--capture", "--pdb", "--lf", "--last-failed", "--sw", "--stepwise")
"""Options of pytest for a look at a few tests, or that ask for a number of workers themselves."""
FAILED_LIST = "PASOKH_TEST_FAILED_LIST"
"""Names the file into which tests/conftest.py writes the tests that failed, a line each."""
TESTS_FAILED = 1
"""pytest's exit code when tests ran to the end and some failed."""
MOST_AGAIN = 5
"""So few failures side by side may lack only time: they run once more, alone, and are named. More are a fault."""
KINDS = {"fast": "not live and not postgres and not browser and not soak", "soak": "soak", "": "not soak"}


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]
    beside: bool = False
    """Runs while the others do, and speaks after them: it keeps one processor busy for half a minute."""


def checks(kind: str, more: tuple[str, ...]) -> list[Check]:
    """What is run, in order but for what runs beside; `more` goes to pytest. Long runs have no checks."""
    tools = Path(sys.executable).parent
    side_by_side = ("-n", str(workers(kind, more, len(os.sched_getaffinity(0)))))
    tests = Check("pytest", (str(tools / "pytest"), "-m", KINDS[kind], *side_by_side, *more))
    if kind == "soak":
        return [tests]
    return [
        Check("ruff", (str(tools / "ruff"), "check", ".")),
        Check("mypy", (str(tools / "mypy"),), beside=not kind),
        Check("import-linter", (str(tools / "lint-imports"),)),
        tests,
    ]


def workers(kind: str, words: Sequence[str], processors: int) -> int:
    """How many run modules side by side; 0: pytest itself runs them. `words` are for pytest.

    The fast tests are at work all the time, so a worker for each processor is enough; live calls mostly wait.
    """
    if kind == "soak" or any(word.startswith(ALONE) for word in words):
        return 0
    paths = [CHECKOUT / word.split("::")[0] for word in words if not word.startswith("-")]
    if len({path for path in paths if path.is_file()}) == 1:
        return 0
    return min(processors if kind == "fast" else processors * 5 // 2, MOST_WORKERS)


def test(context: typer.Context) -> None:
    """Run the checks and tests: `test` all but the long runs, `test fast` without live calls and PostgreSQL,
    `test soak` the long runs. Further arguments go to pytest.
    """
    words = list(context.args)
    kind = words.pop(0) if words and words[0] in KINDS else ""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pasokh-test-") as folder:
        failures = Path(folder) / "failed"
        wanted = checks(kind, tuple(words))
        begun = [(check, _begin(check, Path(folder) / check.name)) for check in wanted if check.beside]
        codes = {check.name: _run(check, failures) for check in wanted if not check.beside}
        codes |= {check.name: _end(check, process, Path(folder) / check.name) for check, process in begun}
        alone = again(failures, codes["pytest"]) if workers(kind, words, 2) else []
        if alone:
            print("\nFailed beside others; once more, alone:\n  " + "\n  ".join(alone), flush=True)
            codes["pytest"] = _run(Check("pytest", (str(Path(sys.executable).parent / "pytest"), "-n", "0", *alone)))
            if not codes["pytest"]:
                print("\nPassed only alone, so they, or what they test, depend on time:\n  " + "\n  ".join(alone))
    failed = [name for name, code in codes.items() if code]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "All good"
    print(f"\n{verdict}, in {time.monotonic() - began:.0f} s", flush=True)
    raise typer.Exit(codes[failed[0]] if failed else 0)


def again(failures: Path, code: int) -> list[str]:
    """The tests that failed, when there are few enough for a second look and pytest's exit `code` says no worse."""
    if code != TESTS_FAILED or not failures.exists():
        return []
    found = failures.read_text(encoding="utf-8").splitlines()
    return found if len(found) <= MOST_AGAIN else []


def _begin(check: Check, said: Path) -> "subprocess.Popen[bytes]":
    with said.open("wb") as output:
        return subprocess.Popen(("nice", *check.command), cwd=CHECKOUT, stdout=output, stderr=subprocess.STDOUT)


def _end(check: Check, process: "subprocess.Popen[bytes]", said: Path) -> int:
    code = process.wait()
    print(f"== {check.name}\n{said.read_text(encoding='utf-8', errors='replace')}", end="", flush=True)
    return code


def _run(check: Check, failures: Path | None = None) -> int:
    print(f"== {check.name}", flush=True)
    environment = {**os.environ, **({FAILED_LIST: str(failures)} if failures else {})}
    return subprocess.run(check.command, cwd=CHECKOUT, check=False, env=environment).returncode

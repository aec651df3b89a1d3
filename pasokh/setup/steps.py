"""A machine is prepared in named steps, each of which can be repeated, interrupted and begun again."""

from collections.abc import Sequence
from typing import Protocol

from pasokh.setup.progress import Progress
from pasokh.setup.workbench import SetupError, Workbench


class Step(Protocol):
    """One thing that a machine needs."""

    @property
    def name(self) -> str: ...

    def is_done(self) -> bool:
        """Whether there is nothing to do; must be quick."""

    def do(self, bench: Workbench, progress: Progress) -> None:
        """Do it, whatever an interrupted attempt has left behind."""


def run_steps(steps: Sequence[Step], bench: Workbench) -> None:
    """Do the steps that are not done, in their order, as the only launcher at work here.

    Raises:
        SetupError: a step failed; those before it stay done.
    """
    if all(step.is_done() for step in steps):
        return
    bench.tools.mkdir(parents=True, exist_ok=True)
    with bench.lock(bench.tools / "lock", str(bench.tools)):
        for number, step in enumerate(steps, start=1):
            if not step.is_done():
                _do(step, bench, Progress(f"[{number}/{len(steps)}] {step.name}", bench.stream))


def _do(step: Step, bench: Workbench, progress: Progress) -> None:
    try:
        step.do(bench, progress)
    except BaseException:
        progress.failed()
        raise
    if not step.is_done():
        progress.failed()
        raise SetupError(f"{step.name}: all commands succeeded, but it is still missing; see {bench.log}")
    progress.done()

"""What a process has used of the processor, and the spread of a figure over rounds."""

import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def parse_cpu_seconds(stat: str, ticks_per_second: int = TICKS_PER_SECOND) -> float:
    """User and system seconds of all threads of a process, from the text of `/proc/PID/stat` (proc_pid_stat(5)).

    Raises:
        ValueError: this is not such a text.
    """
    # The second field is the program's name in brackets, and may hold spaces and brackets itself.
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 13:
        raise ValueError(f"not the text of /proc/PID/stat: {stat!r}")
    return (int(fields[11]) + int(fields[12])) / ticks_per_second


def cpu_seconds(pid: int) -> float:
    """User and system seconds that process `pid` has used so far, in steps of a clock tick (10 ms as a rule).

    Raises:
        FileNotFoundError: there is no such process.
    """
    return parse_cpu_seconds(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace"))


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several rounds."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Least, median and most of `values`.

        Raises:
            ValueError: there are none.
        """
        if not values:
            raise ValueError("no rounds, so no spread")
        return cls(min(values), median(values), max(values))

    def text(self, decimals: int = 2) -> str:
        return f"{self.least:.{decimals}f} / {self.middle:.{decimals}f} / {self.most:.{decimals}f}"

"""Preparing a machine: resumed after an interruption, quiet when there is nothing to do."""

import fcntl
import io
import os
import re
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pasokh.setup import apt
from pasokh.setup.browser_packages import BrowserBundles, PrivateNode
from pasokh.setup.launch import Need, need_of, steps_for
from pasokh.setup.private_asterisk import PrivateAsterisk, read_manifest, write_manifest
from pasokh.setup.progress import Progress
from pasokh.setup.python_packages import PythonPackages, locked_entry
from pasokh.setup.steps import run_steps
from pasokh.setup.system_packages import SystemPackage, SystemPackages
from pasokh.setup.workbench import CommandError, HandNeededError, SetupError, Workbench

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass
class Errand:
    """A step that makes a file."""

    file: Path
    fails: bool = False
    tries: list[str] = field(default_factory=list)
    name: str = "an errand"

    def is_done(self) -> bool:
        return self.file.exists()

    def do(self, bench: Workbench, progress: Progress) -> None:
        self.tries.append("try")
        progress.show(0.5)
        if self.fails:
            raise SetupError("no luck")
        bench.run(["touch", str(self.file)])


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "tools", io.StringIO())


def _said(bench: Workbench) -> str:
    assert isinstance(bench.stream, io.StringIO)
    return bench.stream.getvalue()


def test_with_nothing_to_do_nothing_is_said_and_nothing_made(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    run_steps([Errand(tmp_path / "there")], bench)
    assert _said(bench) == ""
    assert not bench.tools.exists()


def test_a_failed_step_keeps_those_before_it_and_is_taken_up_again(bench: Workbench, tmp_path: Path) -> None:
    first, second = Errand(tmp_path / "first"), Errand(tmp_path / "second", fails=True)
    with pytest.raises(SetupError, match="no luck"):
        run_steps([first, second], bench)
    assert "[2/2] an errand ..... FAILED" in _said(bench)
    second.fails = False
    run_steps([first, second], bench)
    assert (first.tries, second.tries) == (["try"], ["try", "try"])
    assert second.is_done()


def test_a_step_that_did_nothing_is_not_taken_for_done(bench: Workbench, tmp_path: Path) -> None:
    class Lazy(Errand):
        def do(self, bench: Workbench, progress: Progress) -> None:
            """Do nothing."""

    with pytest.raises(SetupError, match="still missing"):
        run_steps([Lazy(tmp_path / "never")], bench)


def test_a_failed_command_shows_its_end_and_where_all_of_it_is(bench: Workbench) -> None:
    bench.tools.mkdir()
    with pytest.raises(CommandError, match=r"exit code 3:\nline 6\n(.*\n)*line 20\nAll of it: .*setup\.log"):
        bench.run(["sh", "-c", "for i in $(seq 20); do echo line $i; done; exit 3"])
    assert "line 1\n" in bench.log.read_text()


def test_two_launchers_take_turns(bench: Workbench, tmp_path: Path) -> None:
    bench.tools.mkdir()
    step = Errand(tmp_path / "file")
    with (bench.tools / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        turn = threading.Thread(target=run_steps, args=([step], bench))
        turn.start()
        while "Another launcher is at work" not in _said(bench):
            assert turn.is_alive()
        assert not step.is_done()
    turn.join(20)
    assert step.is_done()


def test_a_command_that_outlives_its_launcher_keeps_the_lock(bench: Workbench, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = (
        "import sys; from pathlib import Path; from pasokh.setup.workbench import Workbench\n"
        "bench = Workbench(Path(sys.argv[1]), sys.stderr)\n"
        "with bench.lock(Path(sys.argv[2]), 'x'): bench.run(['sh', '-c', 'echo held; read line < ' + sys.argv[3]],"
        " on_line=lambda line: print(line, end='', flush=True))\n"
    )
    bench.tools.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", program, str(bench.tools), str(lock), str(fifo)],
        stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == "held\n"
        launcher.kill()
        launcher.wait()
    with lock.open() as attempt:
        with pytest.raises(BlockingIOError):
            fcntl.flock(attempt, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fifo.write_text("\n")
        fcntl.flock(attempt, fcntl.LOCK_EX)


def test_progress_counts_up_in_dots_and_on_a_terminal_in_percent() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        progress = Progress("Fetching", stream)
        for fraction in (0.1, 0.35, 0.2, 1.5):
            progress.show(fraction)
        progress.done()
    assert plain.getvalue() == "Fetching .......... done (0 s)\n"
    assert "\rFetching ... 35 %\rFetching ... 100 %" in terminal.getvalue()


def test_apt_tells_its_progress() -> None:
    seen: list[float] = []
    read = apt.percent_reader(seen.append)
    for line in ("Reading package lists...\n", "dlstatus:3:50.0000:Retrieving\n", "pmstatus:sox:80.0:Installing\n"):
        read(line)
    assert seen == [0.25, pytest.approx(0.9)]


def test_programs_are_recognised_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "lib/7/bin").mkdir(parents=True)
    (tmp_path / "lib/7/bin/initdb").touch()
    there = SystemPackage("database", f"{tmp_path}/lib/*/bin/initdb")
    away = SystemPackage("nothing", "a-program-that-nobody-has")
    assert SystemPackages((there, SystemPackage("shell", "sh")), tmp_path).is_done()
    assert SystemPackages((there, away), tmp_path).name == "system packages: nothing"


def test_after_an_interrupted_installation_every_package_is_looked_at_again(tmp_path: Path) -> None:
    packages = SystemPackages((SystemPackage("shell", "sh"), SystemPackage("listing", "ls")), tmp_path)
    assert packages.is_done()
    apt.begun_mark(tmp_path).touch()
    assert not packages.is_done()
    assert packages.name == "system packages: shell, listing"


@pytest.mark.parametrize("sudo", [None, "#!/bin/sh\nexit 1\n"])
def test_an_ordinary_user_is_told_the_one_line(
    sudo: str | None, bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sudo is not None:
        (tmp_path / "sudo").write_text(sudo)
        (tmp_path / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(HandNeededError, match="apt-get install --no-install-recommends one two'") as refusal:
        apt.install(bench, ["one", "two"], lambda _: None)
    assert refusal.value.code == 2


def test_a_download_counts_only_when_it_is_whole(tmp_path: Path) -> None:
    archives = tmp_path / "archives"
    archives.mkdir()
    (archives / "a.deb").write_bytes(b"a")
    (archives / "b.deb").write_bytes(b"b")
    assert read_manifest(tmp_path) == []
    write_manifest(tmp_path, ["b.deb", "a.deb"])
    assert read_manifest(tmp_path) == [archives / "a.deb", archives / "b.deb"]
    (archives / "b.deb").write_bytes(b"half")
    assert read_manifest(tmp_path) == []


def test_what_a_command_needs() -> None:
    assert need_of(["report", "queue"]) is Need.NOTHING
    assert Need.DATABASES in need_of(["test", "-k", "x"])
    assert not need_of(["test", "fast"]) & (Need.DATABASES | Need.CALLS)
    assert [type(step) for step in steps_for(need_of(["up"]), CHECKOUT, CHECKOUT / ".tools")] == [
        SystemPackages, PythonPackages, PrivateNode, BrowserBundles, PrivateAsterisk,
    ]


def test_the_locks_hold_every_package_with_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (CHECKOUT / name).read_text()
        assert "://" not in text
        assert locked_entry(text, "setuptools").count("--hash=sha256:") >= 2
        for line in text.splitlines():
            assert re.fullmatch(r"|#.*|\S+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
    with pytest.raises(SetupError, match="names no nothing"):
        locked_entry("some==1\n", "nothing")


def test_the_locks_hold_what_the_project_names() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]["test"]
    for name, wanted in (("requirements.lock", []), ("requirements-test.lock", extras)):
        locked = set(re.findall(r"^(\S+)==", (CHECKOUT / name).read_text(), re.MULTILINE))
        named = {_plain_name(one) for one in (*project["dependencies"], *wanted)}
        assert named <= locked, f"renew {name} as its first lines say"


def _plain_name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _venv(tmp_path: Path) -> PythonPackages:
    checkout = tmp_path / "checkout"
    (checkout / "room").mkdir(parents=True)
    (checkout / "room/__init__.py").touch()
    (checkout / "pyproject.toml").write_text("[project]\n")
    (checkout / "some.lock").write_text("some==1\n")
    venv = tmp_path / "venv"
    program = Path(os.path.realpath(sys.executable))
    (venv / "lib" / program.name).mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin/python").symlink_to(program)
    return PythonPackages(checkout, venv, checkout / "some.lock")


def test_an_environment_is_whole_until_something_it_depends_on_changes(tmp_path: Path) -> None:
    packages = _venv(tmp_path)
    assert not packages.is_done()
    packages.mark()
    assert packages.is_done()
    (packages.checkout / "some.lock").write_text("some==2\n")
    assert not packages.is_done()
    packages.mark()
    (packages.checkout / "newroom").mkdir()
    (packages.checkout / "newroom/__init__.py").touch()
    assert not packages.is_done()


def test_an_environment_of_another_python_is_not_whole(tmp_path: Path) -> None:
    packages = _venv(tmp_path)
    packages.mark()
    (packages.venv / "bin/python").unlink()
    (packages.venv / "bin/python").symlink_to(tmp_path / "python3.99")
    assert not packages.is_done()
    (tmp_path / "python3.99").touch()
    assert not packages.is_done()


def test_help_needs_no_installation(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "PASOKH_TOOLS": str(tmp_path / "tools")}
    for words in ([], ["--help"], ["up", "--help"]):
        answer = subprocess.run(
            [sys.executable, str(CHECKOUT / "bin/pasokh"), *words],
            env=environment, capture_output=True, text=True, check=True,
        )
        assert "bin/pasokh up" in answer.stdout
    assert not (tmp_path / "tools").exists()

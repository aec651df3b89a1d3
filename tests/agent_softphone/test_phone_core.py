"""The phone's own rules and its reading of the network, by Node's test runner."""

import subprocess
from pathlib import Path

from foundation.paths import CHECKOUT, tools_folder
from pasokh.setup.browser_packages import find_node

PHONE = CHECKOUT / "agent_softphone/phone"


def test_the_phones_rules_hold(tmp_path: Path) -> None:
    node = find_node(tools_folder())
    assert node is not None
    esbuild = tools_folder() / "web/node_modules/esbuild/bin/esbuild"
    sources = sorted(str(path) for path in PHONE.glob("*.test.ts"))
    command = [*node.node, str(esbuild), *sources, "--bundle", "--platform=node", "--format=esm"]
    command += ["--out-extension:.js=.mjs", f"--outdir={tmp_path}", "--log-level=warning"]
    subprocess.run(command, check=True, timeout=60)
    bundled = sorted(str(path) for path in tmp_path.glob("*.mjs"))
    assert len(bundled) == len(sources) > 0
    told = subprocess.run([*node.node, "--test", *bundled], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stdout

"""The pages' TypeScript is sound: checked by its own compiler, strictly."""

import json
import subprocess
from pathlib import Path

from foundation.paths import CHECKOUT, tools_folder
from pasokh.setup.browser_packages import find_node

BROWSER = CHECKOUT / "foundation/web/browser"
LIMIT = 150


def test_every_bundled_script_has_sound_types(tmp_path: Path) -> None:
    packages = tools_folder() / "web/node_modules"
    options = json.loads((BROWSER / "tsconfig.json").read_text())["compilerOptions"]
    entries = json.loads((BROWSER / "bundles.json").read_text()).values()
    project = {
        "compilerOptions": {**options, "paths": {"*": [f"{packages}/*", f"{packages}/@types/*"]}},
        "files": [str(CHECKOUT / entry) for entry in entries if entry.endswith(".ts")],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(project))
    node = find_node(tools_folder())
    assert node is not None
    command = [*node.node, str(packages / "typescript/bin/tsc"), "-p", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert not found.stdout, found.stdout
    assert found.returncode == 0

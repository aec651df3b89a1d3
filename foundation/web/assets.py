"""Static files under addresses that hold their content's hash: a browser keeps them for ever, and never an old one."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import Response
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

PREFIX = "/static"
DIGEST_LENGTH = 12
FOR_EVER = "public, max-age=31536000, immutable"
NOT_KEPT = "no-cache"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Known:
    digest: str
    changed_ns: int


class Assets:
    """Files of several folders; a folder's name begins the names of its files: `web/pasokh.css`."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = {name: folder.resolve() for name, folder in folders.items()}
        self._known: dict[Path, _Known] = {}
        self._missed: set[str] = set()

    def url(self, name: str) -> str:
        """The address of the file's present content; a file that is missing has one too, where nothing is found."""
        path = self.find(name)
        if path is None:
            if name not in self._missed:
                self._missed.add(name)
                log.warning("this file of the web pages is missing: `bin/pasokh prepare` makes it", file=name)
            return f"{PREFIX}/missing/{name}"
        return f"{PREFIX}/{self._digest(path)}/{name}"

    def find(self, name: str) -> Path | None:
        """The file of that name, inside its folder."""
        room, _, rest = name.partition("/")
        folder = self._folders.get(room)
        if folder is None or not rest:
            return None
        path = (folder / rest).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve `/<digest>/<name>`; mounted at `PREFIX`."""
        digest, _, name = scope["path"].removeprefix(PREFIX).lstrip("/").partition("/")
        await self._response(scope["method"], digest, name)(scope, receive, send)

    def _response(self, method: str, digest: str, name: str) -> Response:
        if method not in {"GET", "HEAD"}:
            return Response(status_code=405, headers={"allow": "GET, HEAD"})
        path = self.find(name)
        if path is None:
            return Response(status_code=404)
        kept = FOR_EVER if digest == self._digest(path) else NOT_KEPT
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, headers={"cache-control": kept}, media_type=kind)

    def _digest(self, path: Path) -> str:
        changed = path.stat().st_mtime_ns
        known = self._known.get(path)
        if known is None or known.changed_ns != changed:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH]
            known = self._known[path] = _Known(digest, changed)
        return known.digest

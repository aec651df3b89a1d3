"""The services in use: read again when a file has changed; a broken change leaves the last good service in place."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import structlog

from foundation.data_file import DataFileError, Fault, read_source
from foundation.paths import Home
from ivr.prompts.catalogue import load_catalogue, recordings_folder
from ivr.self_service.check import Known, faults_of
from ivr.self_service.contract import Operation, load_contract
from ivr.self_service.model import Service

SHIPPED = Path(__file__).parent.parent / "services"

log = structlog.get_logger()

Fingerprint = tuple[tuple[str, int, int], ...]


def service_files(home: Home, shipped: Path = SHIPPED) -> list[Path]:
    """Our files, those replaced that the site has under the same name, and the site's others."""
    found = {path.name: path for folder in (shipped, home.root / "services") for path in folder.glob("*.yaml")}
    return [found[name] for name in sorted(found)]


def load_service(path: Path, known: Known) -> Service:
    """One service, checked.

    Raises:
        DataFileError: with every fault.
    """
    source = read_source(path, Service)
    if faults := list(dict.fromkeys(faults_of(source, known))):
        raise DataFileError(faults)
    return source.file


def load_services(
    home: Home, operations: Mapping[str, Operation], shipped: Path = SHIPPED,
) -> tuple[dict[str, Service], list[Fault]]:
    """All good services by name, and the faults of the others.

    Raises:
        CatalogueError: the prompts' texts cannot be used.
    """
    known = Known(load_catalogue(home).has, operations)
    services: dict[str, Service] = {}
    faults: list[Fault] = []
    for path in service_files(home, shipped):
        try:
            services[path.stem] = load_service(path, known)
        except DataFileError as error:
            faults += error.faults
    return services, faults


class ServiceBook:
    """Asked when a caller chooses a service, so a change holds from the next one on."""

    def __init__(self, home: Home, shipped: Path = SHIPPED) -> None:
        self._home = home
        self._shipped = shipped
        self._seen: Fingerprint | None = None
        self._services: dict[str, Service] = {}
        self._loading = asyncio.Lock()
        self.operations: Mapping[str, Operation] = MappingProxyType({})

    async def find(self, name: str) -> Service | None:
        """The last good service of this name."""
        await self.read()
        return self._services.get(name)

    async def read(self) -> None:
        """Read what has changed."""
        async with self._loading:
            fingerprint = tuple(self._fingerprint())
            if fingerprint != self._seen:
                # Reading all of them takes longer than other calls may be kept waiting.
                await asyncio.to_thread(self._load)
                self._seen = fingerprint

    def _load(self) -> None:
        self.operations = self.operations or load_contract()
        good, faults = load_services(self._home, self.operations, self._shipped)
        kept = {path.stem for path in service_files(self._home, self._shipped)}
        self._services = {name: one for name, one in {**self._services, **good}.items() if name in kept}
        if faults:
            log.error("services refused", faults=[str(fault) for fault in faults])
        log.info("services loaded", services=len(self._services))

    def _fingerprint(self) -> Iterator[tuple[str, int, int]]:
        for path in (*service_files(self._home, self._shipped), *recordings_folder(self._home).glob("*")):
            try:
                status = path.stat()
            except OSError:
                continue
            yield str(path), status.st_mtime_ns, status.st_size

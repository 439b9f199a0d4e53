"""The algorithms there are, learned from a process of its own: this one never imports torch."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from shared.contracts.tasks import Algorithm
from shared.kit.errors import Unavailable

CORE = Path(__file__).parents[2] / "shared" / "forecasting"
EXTRA = "SHELFCAST_ALGORITHMS"
BASES = "SHELFCAST_QWEN_BASES"
QWEN = (BASES, "SHELFCAST_QWEN_HUB", "SHELFCAST_QWEN_BASE")
OFFERS = (*QWEN, "SHELFCAST_CHRONOS2")  # what forms and reasons depend on
PATIENCE_S = 120
_ALGORITHMS = TypeAdapter(list[Algorithm])
log = structlog.get_logger()


def _files() -> Iterator[Path]:
    yield from sorted(CORE.rglob("*.py"))
    if extra := os.environ.get(EXTRA, "").strip():
        yield from sorted(Path(extra).rglob("*.py"))


def _stamp() -> list[tuple[str, int, int]]:
    """Tell cheaply whether a file may have changed."""
    found = [(file, file.stat()) for file in _files()]
    files = [(str(file), status.st_mtime_ns, status.st_size) for file, status in found]
    return [*files, *((offer, 0, 0) for offer in _offered())]


def _offered() -> list[str]:
    """Tell what a deployment offers besides files of algorithms."""
    found = [f"{name}={os.environ.get(name, '').strip()}" for name in OFFERS]
    folder = os.environ.get(BASES, "").strip()
    if folder and Path(folder).is_dir():
        folders = sorted(path for path in Path(folder).iterdir() if path.is_dir())
        found += [f"{path.name}={path.stat().st_mtime_ns}" for path in folders]
    return found


def digest() -> str:
    """Name the state of the algorithms: their files, the extra folder, what is offered, torch."""
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = "none"
    hasher = hashlib.sha256(f"{sys.version}|{torch}|{_offered()}".encode())
    for file in _files():
        hasher.update(f"|{file}|".encode())
        hasher.update(file.read_bytes())
    return hasher.hexdigest()


class Catalogue:
    """All algorithms, asked for once and kept on disk until a file of theirs changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = asyncio.Lock()
        self._known: tuple[list[tuple[str, int, int]], list[Algorithm]] | None = None

    async def algorithms(self) -> list[Algorithm]:
        """Return every algorithm.

        Raises:
            Unavailable: they cannot be listed; the next call tries again.
        """
        async with self._lock:
            stamp = await asyncio.to_thread(_stamp)
            if self._known is None or self._known[0] != stamp:
                name = await asyncio.to_thread(digest)
                self._known = stamp, await self._load(self._folder / f"algorithms-{name}.json")
            return self._known[1]

    async def _load(self, file: Path) -> list[Algorithm]:
        found = await asyncio.to_thread(_kept, file)
        if found is None:
            found = _parsed(await _listed())
            await asyncio.to_thread(_keep, file, found)
        return found


def _kept(file: Path) -> list[Algorithm] | None:
    try:
        return _ALGORITHMS.validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError):  # none yet, or written by another version
        return None


def _keep(file: Path, found: list[Algorithm]) -> None:
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(_ALGORITHMS.dump_json(found))
    part.replace(file)
    for old in file.parent.glob("algorithms-*.json"):
        if old != file:
            old.unlink(missing_ok=True)


async def _listed() -> bytes:
    """Run the core's own list in a process."""
    quiet = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "shared.forecasting.catalogue",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **quiet},
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    except TimeoutError:
        raise _unlisted(f"it took more than {PATIENCE_S} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise _unlisted(_last_line(errors) or f"exit status {process.returncode}")
    return output


def _parsed(output: bytes) -> list[Algorithm]:
    try:
        return _ALGORITHMS.validate_json(output)
    except ValidationError as error:
        raise _unlisted(f"unexpected output: {error.errors()[0]['msg']}") from error


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def _unlisted(reason: str) -> Unavailable:
    log.warning("the algorithms cannot be listed", reason=reason)
    return Unavailable(f"The algorithms cannot be listed: {reason}. Try again in a moment.")

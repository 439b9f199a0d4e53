"""Files written by the tests and read by the registry's own functions."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from services.registry.guessing.preview import preview
from services.registry.reading import files
from services.registry.reading.source import Source
from shared.contracts.datasets import Mapping, Preview, Reading
from shared.kit.storage import BlobStore

WHOLE = 1 << 30


def source_of(folder: Path, content: bytes, **mapping: Any) -> Source:
    """Read the columns of a mapping from a file with this content."""
    file = folder / "file"
    file.write_bytes(content)
    chosen = Mapping.model_validate({"date": "date", "target": "sales"} | mapping)
    return files.read(file, chosen, BlobStore(folder / "store"), WHOLE)


def table_of(folder: Path, content: bytes, **mapping: Any) -> pa.Table:
    """Read the columns of a mapping, and return them."""
    return source_of(folder, content, **mapping).table


def preview_of(folder: Path, content: bytes, **reading: Any) -> Preview:
    """Look at a file with this content."""
    file = folder / "file"
    file.write_bytes(content)
    chosen = Reading.model_validate(reading)
    store = BlobStore(folder / "store")
    return preview(files.sample(file, chosen, store, WHOLE), chosen)

"""The list of algorithms: made by a process, kept, and made again when a file changes."""

import sys
from pathlib import Path

import pytest

from services.training import catalogue
from services.training.catalogue import Catalogue
from shared.contracts.tasks import Algorithm
from shared.kit.errors import Unavailable
from tests.services.training.conftest import ALGORITHMS

FOUND = Algorithm(
    name="a",
    title="A",
    title_zh="甲",
    summary="S",
    summary_zh="述",
    family="f",
    available=True,
    hyperparameters={},
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of extra algorithms, watched as in earnest."""
    monkeypatch.undo()
    folder = tmp_path / "algorithms"
    folder.mkdir()
    monkeypatch.setenv("SHELFCAST_ALGORITHMS", str(folder))
    return folder


async def test_a_broken_file_is_named_and_its_repair_noticed(folder: Path, tmp_path: Path) -> None:
    known = Catalogue(tmp_path)
    loaded = set(sys.modules)
    (folder / "sleepy.py").write_text("def broken(:\n")

    with pytest.raises(Unavailable, match="SyntaxError"):
        await known.algorithms()
    (folder / "sleepy.py").write_bytes((ALGORITHMS / "sleepy.py").read_bytes())

    assert "sleepy" in {algorithm.name for algorithm in await known.algorithms()}
    assert "torch" not in set(sys.modules) - loaded


async def test_the_list_is_made_once_until_a_file_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    async def listed() -> bytes:
        nonlocal calls
        calls += 1
        return f"[{FOUND.model_dump_json()}]".encode()

    monkeypatch.setattr(catalogue, "_listed", listed)

    assert await Catalogue(tmp_path).algorithms() == [FOUND]
    again = Catalogue(tmp_path)
    assert await again.algorithms() == [FOUND]
    assert calls == 1
    (folder / "new.py").write_text("")
    await again.algorithms()
    assert calls == 2
    assert len(list(tmp_path.glob("algorithms-*.json"))) == 1


@pytest.mark.parametrize("output", [b"", b"[{}]", b"null", b'[{"name": 3}]'])
async def test_nonsense_is_not_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: bytes
) -> None:
    async def listed() -> bytes:
        return output

    monkeypatch.setattr(catalogue, "_listed", listed)

    with pytest.raises(Unavailable, match="unexpected output"):
        await Catalogue(tmp_path).algorithms()
    assert list(tmp_path.glob("algorithms-*")) == []


async def test_a_damaged_list_on_disk_is_made_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def listed() -> bytes:
        return f"[{FOUND.model_dump_json()}]".encode()

    monkeypatch.setattr(catalogue, "_listed", listed)
    (tmp_path / f"algorithms-{catalogue.digest()}.json").write_text("[{")

    assert await Catalogue(tmp_path).algorithms() == [FOUND]


def test_a_base_model_that_is_added_changes_the_list(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFCAST_QWEN_BASES", str(tmp_path))
    before, stamp = catalogue.digest(), catalogue._stamp()

    (tmp_path / "Qwen3-0.6B").mkdir()

    assert catalogue.digest() != before
    assert catalogue._stamp() != stamp

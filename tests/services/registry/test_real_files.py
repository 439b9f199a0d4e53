"""Files as people really have them: each must end as a correct dataset."""

from pathlib import Path

import numpy as np
import pytest

from services.registry.cleaning import clean
from services.registry.reading import files
from shared.contracts.datasets import Mapping
from shared.kit.storage import BlobStore
from tests.services.registry.real import REAL, Real

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real files is absent")
LIMIT = 4 << 30


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


@pytest.mark.parametrize("real", REAL, ids=lambda real: real.file)
def test_it_becomes_a_correct_dataset(real: Real, store: BlobStore, tmp_path: Path) -> None:
    mapping = Mapping.model_validate(real.mapping)
    source = files.read(DATA / real.file, mapping, store, LIMIT)

    panel, statistics, report = clean.clean(source, mapping, "real")
    facts = clean.store(panel, statistics, report, mapping, tmp_path / "p", tmp_path / "i")

    assert (facts.frequency, facts.series_count) == (real.frequency, real.series)
    assert [str(np.datetime64(m, "us"))[:10] for m in (facts.start, facts.end)] == [
        real.start,
        real.end,
    ]
    assert np.nansum(panel.target) == pytest.approx(real.total, rel=1e-9)
    assert {f.code: f.count for f in report.findings()} == real.findings

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from shared.forecasting import FittedModel, Invalid, InvalidArtifact, load
from tests.shared.forecasting.samples import fit, frame, panel_of, series_panel


@pytest.fixture
def stored(fitted: Callable[[str], FittedModel], tmp_path: Path) -> Path:
    fitted("lstm").save(tmp_path)
    return tmp_path


def edit(stored: Path, **changes: Any) -> None:
    path = stored / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_the_manifest_says_enough_to_make_the_model_again(stored: Path) -> None:
    manifest = json.loads((stored / "manifest.json").read_text())

    assert manifest["algorithm"] == "lstm"
    assert manifest["hyperparameters"]["hidden_size"] == 8
    assert manifest["vocabulary"] == {"store_id": ["S0", "S1"], "product_id": ["P0", "P1"]}
    assert [column["name"] for column in manifest["known"]] == ["promotion", "price"]
    assert manifest["static"] == [{"name": "category", "labels": ["care", "food"]}]
    assert manifest["seed"] == 0
    assert manifest["format"] == 1


def test_no_training_data_is_stored(stored: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer"
    fit(panel_of(frame(days=400)), "lstm").save(longer)

    before, after = (load_file(one / "model.safetensors") for one in (stored, longer))
    grown = {name for name in before if before[name].shape != after[name].shape}
    assert grown <= {"network.lstm.weight_ih_l0"}  # a longer history allows one more lag
    assert (longer / "manifest.json").stat().st_size < 20_000


def test_a_newer_format_is_refused(stored: Path) -> None:
    edit(stored, format=2, code_version="9.0")

    with pytest.raises(InvalidArtifact, match=r"format 2 by a newer version \(9.0\)"):
        load(stored)


def test_a_missing_file_is_named(stored: Path) -> None:
    (stored / "model.safetensors").unlink()

    with pytest.raises(InvalidArtifact, match=r"lacks model\.safetensors"):
        load(stored)


def test_a_missing_or_broken_manifest_is_refused(stored: Path) -> None:
    (stored / "manifest.json").write_text("{}")
    with pytest.raises(InvalidArtifact, match="cannot be read"):
        load(stored)

    (stored / "manifest.json").unlink()
    with pytest.raises(InvalidArtifact, match=r"lacks manifest\.json"):
        load(stored)


def test_truncated_weights_are_refused(stored: Path) -> None:
    path = stored / "model.safetensors"
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(InvalidArtifact, match="cannot be read"):
        load(stored)


def test_weights_of_another_shape_are_refused(stored: Path) -> None:
    weights = load_file(stored / "model.safetensors")
    name = next(name for name in weights if name.endswith("weight_hh_l0"))
    save_file({**weights, name: torch.zeros(3, 3)}, stored / "model.safetensors")

    with pytest.raises(InvalidArtifact, match="do not fit the manifest"):
        load(stored)


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {}},
        {"settings": {"head": "magic", "encoding": {}}},
        {"hyperparameters": {"hidden_size": -1}},
        {"algorithm": "gone"},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(stored: Path, changes: dict[str, Any]) -> None:
    edit(stored, **changes)

    with pytest.raises(InvalidArtifact):
        load(stored)


def test_fields_of_later_versions_in_the_same_format_are_ignored(stored: Path) -> None:
    edit(stored, colour="green")

    assert load(stored).manifest.algorithm == "lstm"


def test_a_panel_that_does_not_fit_the_model_is_refused(
    fitted: Callable[[str], FittedModel],
) -> None:
    model = fitted("lstm")

    with pytest.raises(Invalid, match="frequency 'D', the data has 'h'"):
        model.forecast(series_panel([1, 2, 3], "h"))
    with pytest.raises(Invalid, match="named by store_id, product_id"):
        model.forecast(series_panel([1, 2, 3]))
    with pytest.raises(Invalid, match="needs the known covariate 'price'"):
        model.forecast(panel_of(frame(), known=("promotion",)))
    numbered = frame().assign(category=1.0)
    with pytest.raises(Invalid, match="'category' holds numbers, but the model learned text"):
        model.forecast(panel_of(numbered))

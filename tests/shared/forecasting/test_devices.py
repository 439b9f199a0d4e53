"""What a GPU needs, shown without one.

The meta device has shapes and no values: to read a value from it, which would make a GPU wait, or
to mix it with another device is an error.
"""

import dataclasses

import numpy as np
import pytest
import torch

from shared.forecasting import ALGORITHMS, Fitting, ForecastingError, Panel, Recipe
from shared.forecasting.devices import best_device
from shared.forecasting.direct.body import DirectBody, pinball
from shared.forecasting.heads import HEADS
from shared.forecasting.network.body import Body
from shared.forecasting.network.decoder import decode
from shared.forecasting.network.encoding import id_codes
from shared.forecasting.network.windows import Source, Windows, whole_calendar
from shared.forecasting.randomness import uniforms
from tests.shared.forecasting.samples import HORIZON, filled, quick

ELSEWHERE = torch.device("meta")
STEPS = 2
NETWORKS = [name for name, one in ALGORITHMS.items() if one.family == "network"]
DIRECT = [name for name, one in ALGORITHMS.items() if one.family == "direct"]


def cut(panel: Panel, body: Body | DirectBody) -> Windows:
    """Return a window of each series from a panel that lies on the other device."""
    vocabulary = {name: panel.id_labels[at] for at, name in enumerate(panel.ids)}
    source = Source(panel, id_codes(panel, vocabulary), ELSEWHERE)
    covered = whole_calendar(source, panel, body.window)
    series = torch.arange(len(panel), device=ELSEWHERE)
    origin = source.offsets[series] + 60
    return source.cut(series, origin, origin + HORIZON, body.window, covered)


@pytest.mark.parametrize("name", NETWORKS)
def test_drawing_learning_and_decoding_stay_on_the_device(name: str, panel: Panel) -> None:
    small = {"layers": 1} if "layers" in ALGORITHMS[name].hyperparameters.model_fields else {}
    options = quick(name, head="quantiles", **small)
    body = Fitting(panel, Recipe(name, HORIZON, 28, options)).learner.training.body  # type: ignore[attr-defined]
    body = body.to(ELSEWHERE)
    windows = cut(filled(panel), body)
    hashes = torch.from_numpy(panel.hashes).to(ELSEWHERE)
    chance = uniforms(0, hashes, paths=3, horizon=STEPS, draws=body.head.draws)

    losses, _ = body(
        windows, body.encoder(windows, torch.zeros_like(windows.ids, dtype=torch.bool))
    )
    losses.sum().backward()
    paths = decode(body.eval(), body.encoder(windows), chance)

    assert paths.device == ELSEWHERE
    assert paths.shape == (len(panel), 3, STEPS)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_stays_on_the_device(name: str) -> None:
    head = HEADS[name]
    parameters = torch.zeros(4, head.parameters, device=ELSEWHERE, requires_grad=True)
    value = torch.ones(4, device=ELSEWHERE)

    head.loss(parameters, value, value, value).sum().backward()
    with torch.no_grad():
        chance = torch.ones(head.draws, 4, device=ELSEWHERE)
        drawn = head.sample(parameters, value, value, chance)

    assert drawn.device == ELSEWHERE


@pytest.mark.parametrize("name", DIRECT)
def test_a_direct_network_stays_on_the_device(name: str, panel: Panel) -> None:
    body = Fitting(panel, Recipe(name, HORIZON, None, quick(name))).learner._body()  # type: ignore[attr-defined]
    body = body.to(ELSEWHERE)
    windows = cut(filled(panel), body)

    deciles, loc, _ = body(windows)
    pinball(deciles, windows.target[:, body.window.context :] - loc[:, None]).sum().backward()

    assert deciles.device == ELSEWHERE


def test_windows_are_the_same_however_a_device_gathers_them(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CPU copies whole windows, a GPU gathers rows."""
    from shared.forecasting.network import windows as module

    body = Fitting(panel, Recipe("lstm", HORIZON, None, quick("lstm"))).learner.training.body  # type: ignore[attr-defined]
    vocabulary = {name: panel.id_labels[at] for at, name in enumerate(panel.ids)}
    source = Source(panel, id_codes(panel, vocabulary), torch.device("cpu"))
    covered, length = whole_calendar(source, panel, body.window), body.window.length
    series = torch.arange(len(panel)).repeat(3)
    origin = source.offsets[series] + torch.tensor([1, 60, 115]).repeat_interleave(len(panel))

    copied = source.cut(series, origin, source.offsets[series + 1], body.window, covered)
    days = copied.calendar_rows(0, length)
    monkeypatch.setattr(module, "_rows", module._gathered)
    gathered = source.cut(series, origin, source.offsets[series + 1], body.window, covered)

    for field in dataclasses.fields(Windows):
        one, other = getattr(copied, field.name), getattr(gathered, field.name)
        np.testing.assert_array_equal(one, other, err_msg=field.name)
    np.testing.assert_array_equal(days, gathered.calendar_rows(0, length))


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("SHELFCAST_DEVICE", "cuda")

    with pytest.raises(ForecastingError, match="no usable NVIDIA GPU"):
        best_device()

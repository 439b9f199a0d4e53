"""Windows show what their series held, and nothing else; the calendar says when."""

import numpy as np
import pytest
import torch

from shared.forecasting import Fitting, Panel, Recipe
from shared.forecasting.calendar_features import calendar, calendar_width
from shared.forecasting.frequency import Frequency
from shared.forecasting.network.encoding import id_codes
from shared.forecasting.network.windows import (
    Source,
    Windows,
    WindowShape,
    forecast_windows,
)
from tests.shared.forecasting.samples import HORIZON, frame, panel_of, quick

SHAPE = WindowShape(context=20, horizon=5, patch=1, lags=(7,))
RECURRENT_OR_DECODER = ("lstm", "transformer", "tcn", "xlstm")


def cut(panel: Panel, series: int, origin: int, stop: int) -> Windows:
    """Return the window whose horizon begins at row `origin` of a series."""
    vocabulary = {name: panel.id_labels[at] for at, name in enumerate(panel.ids)}
    source = Source(panel, id_codes(panel, vocabulary), torch.device("cpu"))
    covered = source.calendar(int(panel.first.min()) - 50, int(panel.first.max()) + 200)
    offset = int(panel.offsets[series])
    one, rows = torch.tensor([series]), torch.tensor([offset + origin])
    return source.cut(one, rows, torch.tensor([offset + stop]), SHAPE, covered)


def test_a_window_holds_the_rows_around_its_origin() -> None:
    panel = panel_of(frame())

    windows = cut(panel, series=2, origin=60, stop=120)

    rows = slice(int(panel.offsets[2]) + 40, int(panel.offsets[2]) + 65)
    np.testing.assert_array_equal(windows.target[0], panel.target[rows])
    np.testing.assert_array_equal(windows.known[0], panel.known_values[rows])
    np.testing.assert_array_equal(windows.past[0], panel.past_values[rows])
    earlier = slice(rows.start - 7, rows.stop - 7)
    np.testing.assert_array_equal(windows.lagged[0, :, 0], panel.target[earlier])
    assert windows.inside.all()


def test_before_a_series_begins_there_is_nothing_and_the_mask_says_so() -> None:
    panel = panel_of(frame())

    windows = cut(panel, series=1, origin=8, stop=120)

    begin = int(panel.offsets[1])
    assert windows.inside[0].tolist() == [False] * 12 + [True] * 13
    assert windows.target[0, :12].isnan().all()
    assert windows.known[0, :12].isnan().all()
    np.testing.assert_array_equal(windows.target[0, 12:], panel.target[begin : begin + 13])
    assert windows.lagged[0, :19].isnan().all()


def test_after_the_stop_no_target_is_seen_but_what_is_known_in_advance() -> None:
    panel = panel_of(frame())

    windows = cut(panel, series=0, origin=60, stop=61)

    assert windows.target[0, :21].isfinite().all()
    assert windows.target[0, 21:].isnan().all()
    assert windows.past[0, 21:].isnan().all()
    assert windows.lagged[0].isfinite().all()
    assert windows.known[0].isfinite().all()


def test_a_window_knows_its_own_days_whatever_was_cut_before_and_after() -> None:
    panel = panel_of(frame())

    early = cut(panel, series=1, origin=60, stop=120)
    cut(panel, series=1, origin=90, stop=120)

    first = int(panel.first[1]) + 40
    expected = calendar(panel.clock, first, first + SHAPE.length)
    np.testing.assert_array_equal(early.calendar_rows(0, SHAPE.length)[0], expected)
    np.testing.assert_array_equal(early.part(slice(0, 1)).calendar_rows(3, 5)[0], expected[3:8])


def test_two_windows_of_one_source_have_calendars_of_their_own() -> None:
    panel = panel_of(frame())
    source = Source(panel, id_codes(panel, {}), torch.device("cpu"))
    everyone = np.arange(len(panel))
    starts = panel.first + 60

    early = forecast_windows(panel, source, everyone, starts, SHAPE, SHAPE.horizon)
    late = forecast_windows(panel, source, everyone, starts + 30, SHAPE, SHAPE.horizon)

    for windows, start in ((early, starts), (late, starts + 30)):
        first = int(start[0]) - SHAPE.context
        expected = calendar(panel.clock, first, first + SHAPE.length)
        for found in windows.calendar_rows(0, SHAPE.length):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", RECURRENT_OR_DECODER)
def test_every_position_of_a_window_teaches(name: str, panel: Panel) -> None:
    training = Fitting(panel, Recipe(name, HORIZON, 28, quick(name))).learner.training  # type: ignore[attr-defined]
    body, windows = training.body.eval(), training.drawn(4)

    losses, counts = body(windows, body.encoder(windows))

    taught = ~windows.target[:, body.window.patch :].isnan() & windows.inside[:, :-1]
    assert losses.shape == (4, body.window.length - body.window.patch)
    np.testing.assert_array_equal(counts, taught)
    assert (losses[counts] != 0).all()


@pytest.mark.parametrize(
    ("alias", "period"), [("D", 7), ("h", 24), ("30min", 48), ("15min", 96), ("B", 5), ("MS", 12)]
)
def test_the_calendar_comes_round_and_stays_small(alias: str, period: int) -> None:
    clock = Frequency.parse(alias)

    table = calendar(clock, 0, 3 * period)

    assert table.shape == (3 * period, calendar_width(clock))
    assert np.abs(table).max() <= 1
    repeats = np.abs(table[:period] - table[period : 2 * period]).max(0) < 0.05
    assert repeats.any(), "no column says where in its cycle a period is"
    assert np.ptp(table[:period][:, repeats], axis=0).max() > 0.5

"""Computes a forecast and writes it as JSON, straight from arrays."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from services.prediction import analysis, history
from services.prediction.questions import Limits, Question, read, refusal
from services.prediction.sources import Model
from shared.contracts.forecasts import ForecastRequest
from shared.kit.errors import Invalid, TooLarge, Unavailable

if TYPE_CHECKING:
    from shared.forecasting import ForecastResult, Panel, Totals

Numbers = NDArray[np.float64]
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY


@dataclass(frozen=True)
class Answer:
    """What a model says, ready to be sent and stored."""

    rest: bytes  # the JSON object without its summary
    packed: history.Packed
    horizon: int
    start: datetime
    series_count: int
    first_series: dict[str, str]


def answer(
    request: ForecastRequest, model: Model, panel: "Panel", target: str, limits: Limits
) -> Answer:
    """Make a forecast.

    Raises:
        AppError: the request cannot be answered.
    """
    asked = _as_json(request)
    question = read(request, model.fitted, panel, limits)
    result = _forecast(model, question)
    _refuse_infinite(result)
    rest = _write(asked, question, result, target)
    first = question.series[0]
    return Answer(
        rest,
        history.pack(rest),
        question.horizon,
        _moment(question.panel, max(question.first_step(place) for place in question.series)),
        len(question.series),
        dict(panel.keys[first]),
    )


def _forecast(model: Model, question: Question) -> "ForecastResult":
    import torch

    from shared.forecasting import ForecastingError

    try:
        with model.turn:
            return model.fitted.forecast(
                question.panel,
                series=question.series,
                horizon=question.horizon,
                start=question.start,
                paths=question.paths,
                quantiles=question.levels,
                seed=question.seed,
            )
    except ForecastingError as error:
        raise refusal(error) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise TooLarge(
            "The forecast does not fit into memory: ask for fewer series, steps or paths.",
            field="/paths",
        ) from error


def _refuse_infinite(result: "ForecastResult") -> None:
    if not (np.isfinite(result.mean).all() and np.isfinite(result.quantiles).all()):
        raise Unavailable(
            "The model's forecast is not finite, so nothing was stored. Train it again, or choose "
            "another version."
        )


def _as_json(request: ForecastRequest) -> bytes:
    try:
        return orjson.dumps(request.model_dump())
    except orjson.JSONEncodeError as error:
        raise Invalid(
            "The request holds a text with half of a character: send it in UTF-8."
        ) from error


def _write(asked: bytes, question: Question, result: "ForecastResult", target: str) -> bytes:
    series = [_series(question, place, result, row) for row, place in enumerate(question.series)]
    for said, text in zip(series, result.texts, strict=bool(result.texts)):
        said["text"] = asdict(text)
    body = {"target": target, "request": orjson.Fragment(asked), "series": series}
    return orjson.dumps(body, option=_OPTIONS)


def _series(question: Question, place: int, result: "ForecastResult", row: int) -> dict[str, Any]:
    panel, horizon, start = question.panel, question.horizon, question.first_step(place)
    names = [str(level) for level in question.levels]
    dates = _dates(panel, start, start + horizon)
    mean, quantiles = _short(result.mean[row]), _short(result.quantiles[row])
    actual = panel.values(place, start, start + horizon)
    total = _short(result.total_quantiles[row])
    before = max(panel.begin(place), start - question.history)
    return {
        "keys": panel.keys[place],
        "history": _points(_dates(panel, before, start), panel.values(place, before, start)),
        "forecast": [
            {"date": date, "mean": step_mean, "quantiles": dict(zip(names, step, strict=True))}
            for date, step_mean, step in zip(dates, mean, quantiles, strict=True)
        ],
        "actuals": _actuals(panel, place, start, dates, actual),
        "total": _total(names, _short(result.total_mean[row]), total, actual),
        "totals": {
            unit: _totals(names, found, actual) for unit, found in result.totals[row].items()
        },
        "marks": _marks(panel, place, before, start + horizon, question.holidays),
        "analysis": _analysis(question, place, start, result, row),
    }


def _marks(panel: "Panel", place: int, start: int, stop: int, country: str) -> list[dict[str, Any]]:
    from shared.forecasting import marks

    return [
        asdict(mark) | {"first": f"{mark.first}T00:00:00Z", "last": f"{mark.last}T00:00:00Z"}
        for mark in marks(panel, place, start, stop, country)
    ]


def _total(names: list[str], mean: Any, quantiles: Any, actual: Numbers) -> dict[str, Any]:
    return {
        "mean": mean,
        "quantiles": dict(zip(names, quantiles, strict=True)),
        "actual": None if np.isnan(actual).any() else float(actual.sum()),
    }


def _totals(names: list[str], found: "Totals", actual: Numbers) -> list[dict[str, Any]]:
    return [
        {
            "begin": f"{span.begin}T00:00:00Z",
            "steps": span.steps,
            "full": span.full,
            **_total(names, mean, quantiles, actual[span.first : span.first + span.steps]),
        }
        for span, mean, quantiles in zip(
            found.spans, _short(found.mean), _short(found.quantiles), strict=True
        )
    ]


def _actuals(
    panel: "Panel", place: int, start: int, dates: list[str], actual: Numbers
) -> list[dict[str, Any]] | None:
    known = panel.end(place) + 1 - start
    return _points(dates[:known], actual[:known]) if known > 0 else None


def _analysis(
    question: Question, place: int, start: int, result: "ForecastResult", row: int
) -> analysis.Metrics:
    panel, horizon = question.panel, question.horizon
    past = panel.values(place, panel.begin(place), start)
    actual = panel.values(place, start, start + horizon)
    scale = analysis.seasonal_scale(past, panel.clock.season)
    levels, quantiles = question.levels, result.quantiles[row]
    middle = quantiles[:, levels.index(0.5)] if 0.5 in levels else result.mean[row]
    found = analysis.errors(actual, middle, quantiles, levels, scale)
    if len(past) >= horizon:
        found["change"] = analysis.change(float(result.total_mean[row]), past[-horizon:])
    return found


def _points(dates: list[str], values: Numbers) -> list[dict[str, Any]]:
    return [
        {"date": date, "value": value} for date, value in zip(dates, _short(values), strict=True)
    ]


def _short(values: Numbers) -> Any:
    """Return the numbers as they are in the network and the panel: seven digits, NaN is null."""
    return values.astype(np.float32)


def _dates(panel: "Panel", start: int, stop: int) -> list[str]:
    periods = np.arange(start, stop, dtype=np.int64)
    texts = np.datetime_as_string(panel.clock.to_dates(periods), unit="s", timezone="UTC")
    return [str(text) for text in texts]


def _moment(panel: "Panel", period: int) -> datetime:
    return datetime.fromisoformat(str(panel.to_date(period))).replace(tzinfo=UTC)

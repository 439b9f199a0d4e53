"""Turns a request into a question that a model can answer, or says what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.prediction.settings import PredictionSettings
from shared.contracts.forecasts import ForecastRequest
from shared.contracts.problems import FieldError
from shared.kit.errors import AppError, Invalid, TooLarge

if TYPE_CHECKING:
    from shared.forecasting import FittedModel, ForecastingError, MissingFuture, Panel

SHOWN = 20  # gaps and series that an answer lists one by one


@dataclass(frozen=True)
class Limits:
    """How much one forecast may ask for."""

    series: int
    draws: int
    points: int

    @classmethod
    def of(cls, settings: PredictionSettings) -> "Limits":
        """Read the limits from the settings."""
        return cls(
            settings.prediction_max_series,
            settings.prediction_max_draws,
            settings.prediction_max_points,
        )


@dataclass(frozen=True)
class Question:
    """What to forecast, checked against the model, the data and the limits."""

    panel: "Panel"
    series: list[int]
    start: int | None  # period of the first step; the one after each series' end if absent
    horizon: int
    levels: tuple[float, ...]
    paths: int
    seed: int
    history: int
    holidays: str  # the country whose holidays the model looks at

    def first_step(self, series: int) -> int:
        """Return the period of the first step of a series."""
        return self.panel.end(series) + 1 if self.start is None else self.start


def read(
    request: ForecastRequest, fitted: "FittedModel", panel: "Panel", limits: Limits
) -> Question:
    """Check a request against what there is.

    Raises:
        Invalid: a field cannot be used; it says which and what would do.
        TooLarge: it asks for more than this deployment makes at once.
    """
    levels = quantile_levels(request.quantiles)
    _refuse_other_ids(fitted, panel)
    horizon = request.horizon or fitted.manifest.horizon
    start = _start(request, panel)
    series = _named(request, panel, start, limits)
    _refuse_too_much(request, len(series), horizon, limits)
    panel = _with_future(request, panel)
    if request.note.strip():
        panel = panel.changed(note=request.note)
    return Question(
        panel,
        series,
        start,
        horizon,
        levels,
        request.paths,
        request.seed,
        request.history,
        fitted.manifest.holidays,
    )


def quantile_levels(given: Sequence[float]) -> tuple[float, ...]:
    """Return the levels in order, each once.

    Raises:
        Invalid: a level does not lie between 0 and 1.
    """
    for place, level in enumerate(given):
        if not 0 < level < 1:
            raise Invalid(
                f"A quantile lies between 0 and 1, {level:g} does not.",
                field=f"/quantiles/{place}",
            )
    return tuple(sorted({round(level, 6) for level in given}))


def refusal(error: "ForecastingError") -> AppError:
    """Turn what the forecasting core found wrong with a request into our error."""
    from shared.forecasting import MissingFuture

    if isinstance(error, MissingFuture):
        return _missing_future(error)
    return Invalid(str(error), field=error.field)


def _refuse_other_ids(fitted: "FittedModel", panel: "Panel") -> None:
    if panel.ids != fitted.manifest.ids:
        raise Invalid(
            f"The model's series are named by {', '.join(fitted.manifest.ids)}, those of the "
            f"dataset by {', '.join(panel.ids)}: choose another dataset.",
            field="/dataset_id",
        )


def _start(request: ForecastRequest, panel: "Panel") -> int | None:
    from shared.forecasting import ForecastingError

    if request.start is None:
        return None
    try:
        return panel.to_period(request.start)
    except ForecastingError as error:
        raise Invalid(str(error), field="/start") from error


def _with_future(request: ForecastRequest, panel: "Panel") -> "Panel":
    from shared.forecasting import ForecastingError

    if not request.future and not request.fill:
        return panel
    try:
        return panel.with_future(request.future, request.fill)
    except ForecastingError as error:
        raise refusal(error) from error


def _named(
    request: ForecastRequest, panel: "Panel", start: int | None, limits: Limits
) -> list[int]:
    """Return the series that are asked for: those named, else all that can start then."""
    if request.series is None:
        return _all(panel, start, limits)
    if not request.series:
        raise Invalid("Name at least one series, or leave `series` out.", field="/series")
    if len(request.series) > limits.series:
        raise TooLarge(
            f"{len(request.series)} series were named, at most {limits.series} are forecast at "
            "once: ask for them in parts.",
            field="/series",
        )
    series = _found(request.series, panel)
    for number, place in enumerate(series):
        if not _can_start(panel, place, start):
            raise _bad_start(panel, place, start, f"/series/{number}")
    return series


def _all(panel: "Panel", start: int | None, limits: Limits) -> list[int]:
    series = [place for place in range(len(panel)) if _can_start(panel, place, start)]
    if not series:
        longest = max(range(len(panel)), key=panel.end)
        raise _bad_start(panel, longest, start, "/dataset_id")
    if len(series) > limits.series:
        raise TooLarge(
            f"The model covers {len(series)} series, at most {limits.series} are forecast at "
            "once: name the series that you need.",
            field="/series",
        )
    return series


def _can_start(panel: "Panel", series: int, start: int | None) -> bool:
    first, last = panel.begin(series) + 1, panel.end(series) + 1
    return first <= (last if start is None else start) <= last


def _bad_start(panel: "Panel", series: int, start: int | None, empty: str) -> Invalid:
    """Say from when a series can be forecast, or at `empty` that it has no values."""
    name = _name(panel.keys[series])
    if start is None or panel.end(series) < panel.begin(series):
        return Invalid(f"The dataset holds no values of {name}.", field=empty)
    first, last = panel.begin(series) + 1, panel.end(series) + 1
    return Invalid(
        f"A forecast of {name} can start from {_date(panel, first)} (one step after its first "
        f"value) to {_date(panel, last)} (the step after its last value), not on "
        f"{_date(panel, start)}.",
        field="/start",
    )


def _found(wanted: list[dict[str, str]], panel: "Panel") -> list[int]:
    from shared.forecasting import SeriesNotFound

    places: dict[int, int] = {}
    errors = []
    for number, keys in enumerate(wanted):
        try:
            place = panel.find(keys)
        except SeriesNotFound as error:
            errors.append(FieldError(pointer=f"/series/{number}", detail=str(error)))
            continue
        first = places.setdefault(place, number)
        if first != number:
            detail = f"It is the same series as number {first}: name each one once."
            errors.append(FieldError(pointer=f"/series/{number}", detail=detail))
    if errors:
        more = f" ({len(errors)} of {len(wanted)} series cannot be used)" if errors[1:] else ""
        raise Invalid(errors[0].detail + more, errors=errors[:SHOWN])
    return list(places)


def _refuse_too_much(request: ForecastRequest, series: int, horizon: int, limits: Limits) -> None:
    draws = series * horizon * request.paths
    if draws > limits.draws:
        raise TooLarge(
            f"{series} series x {horizon} steps x {request.paths} paths are {draws:,} draws, at "
            f"most {limits.draws:,} are made at once: ask for fewer series, steps or paths.",
            field="/paths",
        )
    points = series * (request.history + horizon * (2 + len(request.quantiles)))
    if points > limits.points:
        raise TooLarge(
            f"The answer would hold {points:,} numbers, at most {limits.points:,} are sent at "
            "once: ask for fewer series, or for less history.",
            field="/history" if request.history > horizon else "/series",
        )


def _missing_future(error: "MissingFuture") -> Invalid:
    gaps = error.gaps
    count = f"{len(gaps)} values of covariates that must be known in advance are missing"
    shown = f"; the first {SHOWN} are listed" if len(gaps) > SHOWN else ""
    columns = ", ".join(sorted({gap.column for gap in gaps}))
    errors = [
        FieldError(
            pointer="/future", detail=f"{gap.column!r} of {_name(gap.keys)} on {_day(gap.date)}"
        )
        for gap in gaps[:SHOWN]
    ]
    return Invalid(
        f"{count} ({columns}){shown}. Send them in `future`, or choose in `fill` how each column "
        "is filled: last, zero or mean.",
        errors=errors,
    )


def _name(keys: dict[str, str]) -> str:
    return ", ".join(f"{column} {value}" for column, value in keys.items()) or "the total"


def _date(panel: "Panel", period: int) -> str:
    return _day(panel.to_date(period))


def _day(moment: object) -> str:
    return str(moment).partition(".")[0].removesuffix("T00:00:00")

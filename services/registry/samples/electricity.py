"""Electricity meters: hourly consumption of homes, offices and works."""

import numpy as np
from numpy.typing import NDArray

from services.registry.samples import days as calendar
from services.registry.samples.draft import Draft, day_range, smooth_noise
from shared.contracts.datasets import Gaps, Mapping, SampleRequest

_HOURS = np.arange(24)
KINDS = ("home", "office", "works")
_MAPPING = Mapping(
    date="date",
    target="kwh",
    ids=["meter_id"],
    known=["temperature_forecast", "holiday"],
    static=["customer"],
    frequency="h",
    gaps=Gaps.missing,
)


def electricity(request: SampleRequest) -> Draft:
    """Draw the load of some meters; a temperature forecast and holidays are known in advance."""
    random = np.random.default_rng([request.seed, 3])
    dates, count = day_range(request.days, 24), request.products
    hour = (dates - dates.astype("datetime64[D]")).astype("timedelta64[h]").astype(np.int64)
    closed = calendar.holidays(dates)
    free = (calendar.weekday(dates) >= 5) | closed
    temperature = _temperature(random, dates, hour)
    heating = np.maximum(0, 16 - temperature) + 1.4 * np.maximum(0, temperature - 24)
    kind = random.integers(0, len(KINDS), count)
    level = random.lognormal(0.5, 0.6, (count, 1)) * np.array([1.0, 8.0, 30.0])[kind][:, None]
    sensitive = np.array([0.035, 0.02, 0.004])[kind][:, None]
    load = (
        level
        * _profiles()[kind][:, :, hour][
            np.arange(count)[:, None], free.astype(int), np.arange(len(hour))
        ]
    )
    load *= 1 + sensitive * heating[None]
    load *= np.exp(0.1 * smooth_noise(random, (count, len(dates)), 0.9))
    load *= 1 + random.normal(0.02, 0.03, (count, 1)) * calendar.years(dates)[None]
    target = np.round(np.maximum(load, 0), 3)
    target[_cuts(random, target.shape)] = 0.0
    target[:, request.days * 24 :] = np.nan
    return Draft(
        mapping=_MAPPING,
        dates=dates,
        ids={"meter_id": [f"M{i + 1:03}" for i in range(count)]},
        target=target,
        covariates={
            "temperature_forecast": np.round(temperature, 1)[None],
            "holiday": closed.astype(np.float64)[None],
        },
        static={"customer": [KINDS[k] for k in kind]},
    )


def _temperature(
    random: np.random.Generator, dates: calendar.Days, hour: NDArray[np.int64]
) -> NDArray[np.float64]:
    year = 14 - 12 * np.cos(2 * np.pi * (calendar.year_place(dates) - 0.04))
    day = 4 * np.cos(2 * np.pi * (hour - 15) / 24)
    temperature: NDArray[np.float64] = (
        year + day + 3 * smooth_noise(random, (1, len(dates)), 0.99)[0]
    )
    return temperature


def _profiles() -> NDArray[np.float64]:
    """Return the course of a day by kind, working or free, and hour."""
    evening = np.exp(-(((_HOURS - 20) / 2.5) ** 2)) + 0.5 * np.exp(-(((_HOURS - 7.5) / 1.5) ** 2))
    at_work = ((_HOURS >= 8) & (_HOURS < 19)).astype(float)
    shifts = ((_HOURS >= 6) & (_HOURS < 22)).astype(float)
    home = [0.35 + evening, 0.45 + evening + 0.2 * at_work]
    office = [0.2 + at_work, 0.2 + 0.1 * at_work]
    works = [0.5 + 0.6 * shifts, 0.45 + 0.15 * shifts]
    return np.array([home, office, works])


def _cuts(random: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    cut = np.zeros(shape, bool)
    series, start = np.nonzero(random.random(shape) < 1 / 9000)
    for shift in range(3):
        cut[series, np.minimum(start + shift, shape[1] - 1)] = True
    return cut

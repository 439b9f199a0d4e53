"""Road sensors: vehicles per hour, with rush hours, holidays and roadworks."""

import numpy as np
from numpy.typing import NDArray

from services.registry.samples import days as calendar
from services.registry.samples.draft import Draft, day_range, smooth_noise
from shared.contracts.datasets import Gaps, Mapping, SampleRequest

_HOURS = np.arange(24)
ROADS = {"motorway": 2600.0, "main road": 900.0, "side street": 140.0}
_MAPPING = Mapping(
    date="date",
    target="vehicles",
    ids=["sensor_id"],
    known=["holiday", "roadworks"],
    static=["road"],
    frequency="h",
    gaps=Gaps.missing,
)


def traffic(request: SampleRequest) -> Draft:
    """Draw the flow past some sensors; holidays and roadworks are known in advance."""
    random = np.random.default_rng([request.seed, 4])
    dates, count = day_range(request.days, 24), request.stores
    hour = (dates - dates.astype("datetime64[D]")).astype("timedelta64[h]").astype(np.int64)
    closed = calendar.holidays(dates)
    free = (calendar.weekday(dates) >= 5) | closed
    kind = random.integers(0, len(ROADS), count)
    names = list(ROADS)
    level = np.array([ROADS[names[k]] for k in kind])[:, None] * random.lognormal(
        0, 0.3, (count, 1)
    )
    towards = random.uniform(
        0.2, 0.8, (count, 1)
    )  # into town in the morning, or out in the evening
    morning, evening, daytime, weekend = _courses()
    course = np.where(
        free[None],
        weekend[hour][None],
        towards * morning[hour] + (1 - towards) * evening[hour] + daytime[hour],
    )
    summer = 1 - 0.12 * np.exp(-(((calendar.year_place(dates) - 0.6) / 0.06) ** 2))
    works = _roadworks(random, (count, len(dates)))
    flow = level * course * summer[None] * np.where(works > 0, 0.55, 1.0)
    flow *= np.exp(0.12 * smooth_noise(random, (count, len(dates)), 0.8))
    flow *= 1 + 0.015 * calendar.years(dates)[None]
    target = random.poisson(np.maximum(flow, 0)).astype(np.float64)
    target[random.random(target.shape) < 0.001] = np.nan
    target[:, request.days * 24 :] = np.nan
    return Draft(
        mapping=_MAPPING,
        dates=dates,
        ids={"sensor_id": [f"R{i + 1:03}" for i in range(count)]},
        target=target,
        covariates={"holiday": closed.astype(np.float64)[None], "roadworks": works},
        static={"road": [names[k] for k in kind]},
    )


def _courses() -> tuple[NDArray[np.float64], ...]:
    morning = 1.3 * np.exp(-(((_HOURS - 8) / 1.3) ** 2))
    evening = 1.2 * np.exp(-(((_HOURS - 17.5) / 1.8) ** 2))
    daytime = 0.05 + 0.5 * np.exp(-(((_HOURS - 13) / 5.0) ** 2))
    weekend = 0.06 + 0.6 * np.exp(-(((_HOURS - 14.5) / 4.5) ** 2))
    return morning, evening, daytime, weekend


def _roadworks(random: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    works = np.zeros(shape)
    for series, start in zip(*np.nonzero(random.random(shape) < 1 / 9000), strict=True):
        works[series, start : start + 24 * int(random.integers(3, 15))] = 1.0
    return works

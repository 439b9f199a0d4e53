"""Weather stations: the mean temperature of each day, and what is measured with it."""

import numpy as np

from services.registry.samples import days as calendar
from services.registry.samples.draft import Draft, day_range, smooth_noise
from shared.contracts.datasets import Gaps, Mapping, SampleRequest

_MAPPING = Mapping(
    date="date",
    target="temperature",
    ids=["station_id"],
    known=["daylight_hours"],
    past=["humidity", "rain", "pressure"],
    static=["landscape"],
    frequency="D",
    gaps=Gaps.missing,
)


def weather(request: SampleRequest) -> Draft:
    """Draw the temperature at some stations; the hours of daylight are known in advance."""
    random = np.random.default_rng([request.seed, 2])
    dates, count = day_range(request.days), request.stores
    place = calendar.year_place(dates)[None]
    latitude = random.uniform(20, 50, (count, 1))
    height = random.gamma(1.5, 200.0, (count, 1))
    middle = 32 - 0.45 * latitude - 0.0065 * height
    swing = 0.35 * latitude
    lag = 0.54 + random.normal(0, 0.01, (count, 1))
    common = smooth_noise(random, (1, len(dates)), 0.8)
    own = smooth_noise(random, (count, len(dates)), 0.7)
    front = 2.2 * common + 1.6 * own
    temperature = middle + swing * np.cos(2 * np.pi * (place - lag)) + front
    temperature += 0.03 * calendar.years(dates)[None]
    humidity = np.clip(65 - 1.5 * front + 8 * smooth_noise(random, own.shape, 0.5), 8, 100)
    wet = random.random(own.shape) < humidity / 260
    rain = np.where(wet, random.gamma(0.8, 7.0, own.shape), 0.0)
    pressure = 1013 - 0.115 * height - 1.1 * front + 2 * smooth_noise(random, own.shape, 0.7)
    target = np.round(temperature, 1)
    # sensors fail now and then: a gap, not a zero
    target[random.random(target.shape) < 0.002] = np.nan
    target[:, request.days :] = np.nan
    past = {"humidity": humidity, "rain": rain, "pressure": pressure}
    covariates = {name: np.round(values, 1) for name, values in past.items()}
    for values in covariates.values():
        values[:, request.days :] = np.nan
    tilt = 23.44 * np.cos(2 * np.pi * (place - 0.47))
    cosine = -np.tan(np.radians(latitude)) * np.tan(np.radians(tilt))
    covariates["daylight_hours"] = np.round(24 / np.pi * np.arccos(np.clip(cosine, -1, 1)), 2)
    return Draft(
        mapping=_MAPPING,
        dates=dates,
        ids={"station_id": [f"W{i + 1:03}" for i in range(count)]},
        target=target,
        covariates=covariates,
        static={"landscape": ["mountain" if h > 400 else "plain" for h in height[:, 0]]},
    )

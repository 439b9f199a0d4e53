"""A pharmacy chain: daily sales of each product in each shop, with prices and promotions."""

import numpy as np
from numpy.typing import NDArray

from services.registry.samples import days as calendar
from services.registry.samples.draft import FUTURE_DAYS, Draft, day_range, smooth_noise
from shared.contracts.datasets import Mapping, SampleRequest

Values = NDArray[np.float64]
# Category: share of products, height of the season, place of its peak in the year.
CATEGORIES = {
    "cold and flu": (0.2, 0.9, 0.04),
    "pain relief": (0.2, 0.1, 0.1),
    "allergy": (0.15, 1.1, 0.35),
    "vitamins": (0.2, 0.25, 0.95),
    "skin care": (0.15, 0.5, 0.55),
    "chronic care": (0.1, 0.0, 0.0),
}
_WEEK = np.array([1.08, 1.0, 0.98, 1.0, 1.1, 1.05, 0.79])
_INTERMITTENT = 0.22
_NEW, _DISCONTINUED = 0.1, 0.06
_PROMOTIONS_A_YEAR = 4
_ELASTICITY = -1.6


def pharmacy(request: SampleRequest) -> Draft:
    """Draw the sales of a chain of pharmacies."""
    random = np.random.default_rng([request.seed, 1])
    dates = day_range(request.days)
    shops, products = request.stores, request.products
    category = random.choice(len(CATEGORIES), products, p=[c[0] for c in CATEGORIES.values()])
    price, promotion = _prices(random, products, dates)
    usual = price.max(axis=1, keepdims=True)
    demand = _level(random, products)[:, None] * _season(category, dates)
    demand *= (price / usual) ** _ELASTICITY * np.where(promotion > 0, 1.25, 1.0)
    demand *= _growth(random, products, dates)
    weeks = _WEEK ** random.uniform(0.5, 1.6, (shops, 1))
    by_shop = random.lognormal(0, 0.35, shops)[:, None] * weeks[:, calendar.weekday(dates)]
    closed = calendar.holidays(dates)
    by_shop *= np.where(closed, random.uniform(0.1, 0.5, (shops, 1)), 1.0)
    # axes: shops, products, days
    rate = by_shop[:, None, :] * demand[None] * random.lognormal(0, 0.25, (shops, products, 1))
    sales = _sold(random, rate.reshape(shops * products, -1))
    sales *= ~_stock_outs(random, sales.shape)
    sales[:, request.days :] = np.nan
    pairs = [(f"S{s + 1:03}", f"P{p + 1:03}") for s in range(shops) for p in range(products)]
    names = list(CATEGORIES)
    return Draft(
        mapping=Mapping(
            date="date",
            target="sales",
            ids=["store_id", "product_id"],
            known=["price", "promotion"],
            static=["category"],
            frequency="D",
        ),
        dates=dates,
        ids={"store_id": [s for s, _ in pairs], "product_id": [p for _, p in pairs]},
        target=sales,
        covariates={
            "price": np.tile(price, (shops, 1)),
            "promotion": np.tile(promotion, (shops, 1)),
        },
        static={"category": [names[c] for c in category] * shops},
        alive=np.tile(_alive(random, products, request.days, len(dates)), (shops, 1)),
    )


def _level(random: np.random.Generator, products: int) -> Values:
    level = random.lognormal(1.9, 0.75, products)
    rare = random.random(products) < _INTERMITTENT
    return np.where(rare, random.uniform(0.04, 0.4, products), level)


def _season(category: NDArray[np.int64], dates: calendar.Days) -> Values:
    height = np.array([c[1] for c in CATEGORIES.values()])[category][:, None]
    peak = np.array([c[2] for c in CATEGORIES.values()])[category][:, None]
    wave = np.cos(2 * np.pi * (calendar.year_place(dates)[None] - peak))
    season: Values = np.exp(height * wave)
    return season


def _growth(random: np.random.Generator, products: int, dates: calendar.Days) -> Values:
    a_year = random.normal(0.05, 0.12, (products, 1))
    wandering = 0.12 * smooth_noise(random, (products, len(dates)), 0.985)
    growth: Values = np.exp(a_year * calendar.years(dates)[None] + wandering)
    return growth


def _prices(
    random: np.random.Generator, products: int, dates: calendar.Days
) -> tuple[Values, Values]:
    steps = len(dates)
    base = np.round(random.lognormal(2.9, 0.6, (products, 1)), 1)
    rises = np.cumsum(random.random((products, steps)) < 1 / 400, axis=1)
    price = base * 1.04**rises
    promotion = np.zeros((products, steps))
    for product in range(products):
        for start in np.flatnonzero(random.random(steps) < _PROMOTIONS_A_YEAR / 365.25):
            stop = start + int(random.integers(5, 15))
            promotion[product, start:stop] = 1.0
            price[product, start:stop] *= 1 - random.uniform(0.1, 0.3)
    return np.round(price, 2).astype(np.float64), promotion


def _sold(random: np.random.Generator, rate: Values) -> Values:
    """Draw whole packs: Poisson around a rate that itself varies from day to day."""
    spread = random.gamma(8.0, 1 / 8.0, rate.shape)
    return random.poisson(rate * spread).astype(np.float64)


def _stock_outs(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    empty = np.zeros(shape, bool)
    series, start = np.nonzero(random.random(shape) < 1 / 500)
    for shift in range(9):
        lasts = shift < random.integers(2, 10, len(start))
        day = np.minimum(start + shift, shape[1] - 1)
        empty[series[lasts], day[lasts]] = True
    return empty


def _alive(random: np.random.Generator, products: int, days: int, steps: int) -> NDArray[np.bool_]:
    """Let some products come late, and some go early; at least one lives all the time."""
    begin, end = np.zeros(products, np.int64), np.full(products, days + FUTURE_DAYS)
    kind = random.random(products)
    kind[0] = 1.0
    late = kind < _NEW
    begin[late] = random.integers(days // 4, max(days // 4 + 1, days * 3 // 4), int(late.sum()))
    early = (kind >= _NEW) & (kind < _NEW + _DISCONTINUED)
    end[early] = random.integers(days // 2, max(days // 2 + 1, days * 9 // 10), int(early.sum()))
    step = np.arange(steps)
    return (step >= begin[:, None]) & (step < end[:, None])

"""Paths made from quantiles say the same quantiles, and hang together as they should."""

import numpy as np
import torch

from shared.forecasting import quantile_paths
from shared.forecasting.calibration import quantiles_of
from shared.forecasting.metrics import DECILES

HASHES = np.array([11, 22, 33], np.int64)


def normal_deciles(count: int, horizon: int) -> np.ndarray:
    scores = torch.special.ndtri(torch.tensor(DECILES, dtype=torch.float64)).numpy()
    return np.tile(10 + 2 * scores, (count, horizon, 1))


def test_few_paths_already_say_the_quantiles() -> None:
    wanted = normal_deciles(3, 5)

    paths = quantile_paths.draw(wanted, 0.5, HASHES, 100, seed=1)

    found = quantiles_of(np.sort(paths.astype(float), axis=1), DECILES)
    np.testing.assert_allclose(found, wanted, atol=0.02)


def test_beyond_the_outermost_decile_the_tail_goes_on() -> None:
    paths = quantile_paths.draw(normal_deciles(1, 1), 0.0, HASHES[:1], 1000, seed=1)

    assert abs(np.quantile(paths, 0.975) - (10 + 2 * 1.96)) < 0.1


def test_sums_of_steps_that_hang_together_spread_wider() -> None:
    deciles = normal_deciles(3, 28)

    apart, together = (
        quantile_paths.draw(deciles, rho, HASHES, 400, seed=2).sum(2).std(1) for rho in (0.0, 0.8)
    )

    assert (together > 1.8 * apart).all()


def test_a_series_gets_the_same_paths_in_any_company() -> None:
    deciles = normal_deciles(3, 4)

    together = quantile_paths.draw(deciles, 0.3, HASHES, 50, seed=3)
    alone = quantile_paths.draw(deciles[1:2], 0.3, HASHES[1:2], 50, seed=3)

    np.testing.assert_array_equal(together[1], alone[0])


def test_dependence_is_found_again_in_what_it_made() -> None:
    hashes = np.arange(60, dtype=np.int64) * 7919
    deciles = normal_deciles(60, 40)
    for rho in (0.0, 0.7):
        actual = quantile_paths.draw(deciles, rho, hashes, 11, seed=5)[:, 4].astype(float)

        assert abs(quantile_paths.dependence(deciles, actual) - rho) < 0.12


def test_without_enough_windows_the_usual_dependence_is_assumed() -> None:
    found = quantile_paths.dependence(normal_deciles(1, 3), np.full((1, 3), np.nan))

    assert found == quantile_paths.USUAL_DEPENDENCE

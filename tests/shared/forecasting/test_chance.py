"""Heads, random numbers and calibration: the parts that make intervals."""

import numpy as np
import pytest
import torch
from scipy import stats  # type: ignore[import-untyped]

from shared.forecasting.calibration import apply, calibrate, quantiles_of
from shared.forecasting.heads import HEADS, counts, negative_binomial, tweedie
from shared.forecasting.randomness import stable_hash, uniforms
from shared.forecasting.recipe import ForecastResult
from tests.shared.forecasting.samples import filled, fit, frame, panel_of

DRAWS = 200_000


def drawn(head: str, parameters: list[float], loc: float = 0.0, scale: float = 1.0) -> torch.Tensor:
    torch.manual_seed(0)
    shape = torch.zeros(DRAWS)
    return HEADS[head].sample(
        torch.tensor(parameters).expand(DRAWS, -1),
        shape + loc,
        shape + scale,
        torch.rand(2, DRAWS).clamp(1e-7, 1 - 1e-7),
    )


def softplus(value: float) -> float:
    return float(torch.nn.functional.softplus(torch.tensor(value)))


@pytest.mark.parametrize("scale", [0.2, 5.0, 40.0, 3000.0])
@pytest.mark.parametrize("spread", [-3.0, 0.5, 2.0])
def test_counts_have_the_mean_and_variance_of_a_negative_binomial(
    scale: float, spread: float
) -> None:
    values = drawn("negative_binomial", [1.0, spread], scale=scale)

    mean, alpha = scale * softplus(1.0), softplus(spread)
    assert values.min() >= 0
    assert torch.equal(values, values.round())
    assert float(values.mean()) == pytest.approx(mean, rel=0.03)
    assert float(values.var()) == pytest.approx(mean + alpha * mean**2, rel=0.08)


def test_small_counts_have_exactly_the_probabilities_of_a_negative_binomial() -> None:
    values = drawn("negative_binomial", [1.0, 0.5], scale=2.0)

    mean, size = 2 * softplus(1.0) + 1e-5, 1 / (softplus(0.5) + 1e-3)
    exact = torch.distributions.NegativeBinomial(size, probs=torch.tensor(mean / (mean + size)))
    for count in range(6):
        share = float((values == count).float().mean())
        assert share == pytest.approx(float(exact.log_prob(torch.tensor(count)).exp()), abs=0.004)


@pytest.mark.parametrize("mean", [1e-4, 0.3, 5.0, 40.0, 250.0])
@pytest.mark.parametrize("size", [0.02, 0.5, 3.0, 900.0])
def test_counts_found_one_by_one_are_the_quantiles_of_their_distribution(
    mean: float, size: float
) -> None:
    chance = np.append(np.linspace(0.001, 0.999, 400), 1 - 2.0**-24).astype(np.float32)
    even = np.full_like(chance, 1)
    found, sold = np.empty_like(chance), np.empty_like(chance)

    assert counts.negative_binomial(even * mean, even * size, chance, found) == 0
    assert counts.poisson(even * mean, chance, sold) == 0

    size, mean = float(np.float32(size)), float(np.float32(mean))
    expected = stats.nbinom.ppf(chance.astype(float), size, size / (size + mean))
    assert (found == expected).mean() > 0.99  # a sum that meets its chance may fall either way
    np.testing.assert_allclose(found, np.minimum(expected, counts.LAST), atol=1)
    np.testing.assert_array_equal(sold, stats.poisson.ppf(chance.astype(float), mean))


def test_counts_too_large_to_search_and_no_numbers_are_left() -> None:
    mean = np.array([3.0, counts.MANY, np.inf, np.nan], np.float32)
    half, found = np.full_like(mean, 0.5), np.full_like(mean, -1)

    assert counts.negative_binomial(mean, half + 100, half, found) == 3
    np.testing.assert_array_equal(found, [3, -1, -1, -1])
    assert counts.poisson(mean, half, found) == 3


@pytest.mark.parametrize("head", ["negative_binomial", "tweedie"])
def test_counts_laid_out_for_a_gpu_are_those_that_a_cpu_searches(head: str) -> None:
    torch.manual_seed(0)
    mean, size = torch.rand(DRAWS) * 8 + 0.01, torch.rand(DRAWS) * 4 + 2
    chance = torch.rand(2, DRAWS).clamp(1e-6, 0.9999)
    searched = torch.empty(DRAWS)
    if head == "tweedie":
        laid_out = tweedie._laid_out(mean, chance[0])
        counts.poisson(mean.numpy(), chance[0].numpy(), searched.numpy())
    else:
        laid_out = negative_binomial._laid_out(mean, size, chance)
        counts.negative_binomial(mean.numpy(), size.numpy(), chance[0].numpy(), searched.numpy())

    assert float((laid_out == searched).float().mean()) > 0.9999


def test_the_student_t_draws_what_its_loss_expects() -> None:
    values = drawn("student_t", [1.0, 0.0, 3.0], loc=10.0, scale=2.0)

    width, df = 2 * (softplus(0.0) + 1e-4), 2.1 + softplus(3.0)
    assert float(values.median()) == pytest.approx(12.0, abs=0.03)
    exact = torch.distributions.StudentT(df, 12.0, width)
    spread = float((values - 12).abs().mean())
    assert spread == pytest.approx(float((exact.sample((DRAWS,)) - 12).abs().mean()), rel=0.03)
    loss = HEADS["student_t"].loss(
        torch.tensor([1.0, 0.0, 3.0]), torch.tensor(15.0), torch.tensor(10.0), torch.tensor(2.0)
    )
    assert float(loss) == pytest.approx(-float(exact.log_prob(torch.tensor(15.0))) - np.log(2.0))


def test_tweedie_has_its_share_of_zeros_and_its_mean() -> None:
    values = drawn("tweedie", [0.5, 0.8], scale=3.0)

    mean, spread = softplus(0.5), softplus(0.8) + 1e-2
    zeros = np.exp(-2 * np.sqrt(mean) / spread)
    assert float((values == 0).float().mean()) == pytest.approx(zeros, abs=0.01)
    assert float(values.mean()) == pytest.approx(3 * mean, rel=0.03)
    assert float(values.var()) == pytest.approx(9 * spread * mean**1.5, rel=0.1)


def test_quantiles_are_drawn_as_they_were_learned() -> None:
    levels = torch.linspace(-1, 1, HEADS["quantiles"].parameters).tolist()

    values = drawn("quantiles", levels)

    found = torch.quantile(values[:100_000], torch.tensor([0.1, 0.5, 0.9]))
    torch.testing.assert_close(
        found, torch.tensor([levels[2], levels[6], levels[10]]), atol=0.02, rtol=0
    )


def test_random_numbers_hang_on_what_they_are_for_alone() -> None:
    keys = torch.tensor([stable_hash({"id": name}) for name in "abc"])

    whole = uniforms(7, keys, paths=50, horizon=9, draws=2)
    part = uniforms(7, keys[1:2], paths=20, horizon=4, draws=2)

    torch.testing.assert_close(part, whole[:4, :, 1:2, :20], rtol=0, atol=0)
    assert not torch.equal(whole, uniforms(8, keys, paths=50, horizon=9, draws=2))


def test_random_numbers_are_even_and_unrelated() -> None:
    keys = torch.tensor([stable_hash({"id": str(name)}) for name in range(40)])

    numbers = uniforms(0, keys, paths=100, horizon=10, draws=2)

    assert float(numbers.min()) > 0
    assert float(numbers.max()) < 1
    assert float(numbers.mean()) == pytest.approx(0.5, abs=0.005)
    assert float(numbers.var()) == pytest.approx(1 / 12, abs=0.002)
    flat = numbers.flatten(0, 1).flatten(1)
    related = torch.corrcoef(flat) - torch.eye(len(flat))
    assert float(related.abs().max()) < 0.08


@pytest.mark.parametrize("error", [0.5, 1.0, 2.0])
def test_calibration_makes_intervals_cover_what_they_promise(error: float) -> None:
    random = np.random.default_rng(0)
    centre = random.normal(0, 5, (400, 1, 6))
    paths = np.sort(centre + random.normal(0, 1, (400, 100, 6)), axis=1)
    actual = centre[:, 0] + random.normal(0, error, (400, 6))

    after = apply(calibrate(paths[:200], actual[:200]), paths[200:])

    low, high = np.moveaxis(quantiles_of(after, (0.1, 0.9)), 2, 0)
    covered = ((actual[200:] >= low) & (actual[200:] <= high)).mean()
    assert covered == pytest.approx(0.8, abs=0.05)
    assert (np.diff(after, axis=1) >= 0).all()


def test_an_error_that_all_windows_share_widens_the_interval_and_keeps_its_centre() -> None:
    random = np.random.default_rng(1)
    paths = np.sort(random.normal(0, 1, (200, 100, 4)), axis=1)
    actual = 1.5 + random.normal(0, 1, (200, 4))

    low, middle, high = quantiles_of(apply(calibrate(paths, actual), paths), (0.1, 0.5, 0.9)).mean(
        (0, 1)
    )

    assert middle == pytest.approx(0.0, abs=0.05)
    assert low == pytest.approx(-high, abs=0.1)
    assert high > 1.6


def test_many_steps_of_few_windows_are_no_evidence_of_their_own() -> None:
    """Windows whose steps all err alike: the fewer there are, the less is an interval changed."""
    factors = []
    for windows in (10, 400):
        random = np.random.default_rng(0)
        paths = np.sort(random.normal(0, 10, (windows, 200, 40)), axis=1)
        actual = np.repeat(random.normal(0, 2, (windows, 1)), 40, axis=1)
        factors.append(np.array(calibrate(paths, actual).factors).mean())

    few, many = factors
    assert many < 0.4
    assert few > 0.5


def test_without_windows_nothing_is_changed() -> None:
    paths = np.sort(np.random.default_rng(0).normal(size=(2, 10, 3)), axis=1)

    calibration = calibrate(paths[:0], np.zeros((0, 3)))

    np.testing.assert_array_equal(apply(calibration, paths), paths)


def test_the_interval_of_a_total_is_narrower_than_the_sum_of_intervals() -> None:
    panel = panel_of(frame())
    result: ForecastResult = fit(panel, "lstm").forecast(filled(panel), quantiles=(0.1, 0.9))

    width = result.total_quantiles[:, 1] - result.total_quantiles[:, 0]
    summed = (result.quantiles[..., 1] - result.quantiles[..., 0]).sum(1)
    assert (width < summed).all()


def test_the_mean_is_that_of_the_calibrated_paths() -> None:
    panel = panel_of(frame())
    every = tuple((np.arange(100) + 0.5) / 100)
    model = fit(panel, "lstm")
    result = model.forecast(filled(panel), quantiles=every, paths=100)

    assert model.manifest.calibration.factors
    np.testing.assert_allclose(result.mean, result.quantiles.mean(2))
    np.testing.assert_allclose(result.total_mean, result.total_quantiles.mean(1))

"""What every network promises on top of what every algorithm does."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline  # type: ignore[import-untyped]

from shared.forecasting import ALGORITHMS, Diverged, Fitting, Panel, Recipe, load
from shared.forecasting.algorithms.kan import Curves
from shared.forecasting.calendar_features import calendar, unfamiliar
from shared.forecasting.direct import learner
from shared.forecasting.direct.body import pinball
from shared.forecasting.frequency import Frequency
from shared.forecasting.heads import HEADS
from shared.forecasting.network import NETWORK
from shared.forecasting.network.encoder import Encoder, Encoding
from shared.forecasting.network.family import NetworkLearner
from shared.forecasting.network.windows import Windows
from tests.shared.forecasting.samples import HORIZON, filled, fit, frame, panel_of, quick

every_network = pytest.mark.parametrize(
    "name", [name for name, entry in ALGORITHMS.items() if entry.family == NETWORK.name]
)


@every_network
def test_every_head_learns_and_draws(name: str, panel: Panel) -> None:
    for head in ("quantiles", "student_t", "negative_binomial", "tweedie"):
        model = fit(panel, name, head=head, max_epochs=1)

        assert model.manifest.heads == (head,)
        assert np.isfinite(model.forecast(filled(panel)).quantiles).all()


@every_network
def test_parts_of_a_batch_teach_what_the_whole_batch_does(name: str, panel: Panel) -> None:
    recipe = Recipe(name, HORIZON, None, quick(name, batch_size=40))
    learner = Fitting(panel, recipe).learner
    assert isinstance(learner, NetworkLearner)
    training, found = learner.training, []
    training.body.eval()  # no dropout
    for together in (40, 7):
        torch.manual_seed(0)
        training.body.network.together = together
        training.body.zero_grad()
        loss = training._learn(training.drawn(40))
        gradients = [
            part.grad.clone() for part in training.body.parameters() if part.grad is not None
        ]
        found.append([loss, *gradients])

    torch.testing.assert_close(found[0], found[1], rtol=1e-3, atol=1e-5)


@every_network
def test_learning_ends_when_its_time_is_up(name: str, panel: Panel) -> None:
    endless = quick(name, max_epochs=1000, patience=1000, seconds=1)
    fitting = Fitting(panel, Recipe(name, HORIZON, None, endless))

    for epoch in fitting.epochs():
        last = epoch.number

    assert last < 1000
    assert any("the time was up" in note for note in fitting.notes)


@every_network
def test_a_loss_that_is_nan_keeps_the_best_epoch(
    name: str, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = Fitting(panel, Recipe(name, HORIZON, None, quick(name, max_epochs=5)))
    head = type(HEADS["negative_binomial"])
    sound = head.loss
    epochs = 0
    for epoch in fitting.epochs():
        epochs = epoch.number
        if epoch.number == 2:
            monkeypatch.setattr(head, "loss", lambda *parts: sound(*parts) * float("nan"))
    monkeypatch.setattr(head, "loss", sound)
    forecast = fitting.finish().forecast(filled(panel))

    assert epochs == 2
    assert any("NaN" in note for note in fitting.notes)
    assert np.isfinite(forecast.quantiles).all()


@every_network
def test_a_loss_that_is_nan_at_once_is_refused(
    name: str, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = type(HEADS["negative_binomial"])
    sound = head.loss
    monkeypatch.setattr(head, "loss", lambda *parts: sound(*parts) * float("nan"))

    with pytest.raises(Diverged, match="no step was taken"):
        fit(panel, name)


@every_network
def test_decoding_step_by_step_sees_what_reading_at_once_sees(name: str, panel: Panel) -> None:
    """The state that is carried along must hold all that the whole window held."""
    body = fit(panel, name).forecaster.body.double()  # type: ignore[attr-defined]
    network, context = body.network, body.window.context
    inputs = torch.randn(3, context + 6, body.encoder.dynamic_width + body.encoder.exogenous_width)
    inputs = inputs.double()
    steady = body.encoder.steady_width
    inputs[..., -steady:] = inputs[:, :1, -steady:]
    mask = torch.ones(inputs.shape[:2], dtype=torch.bool)
    mask[0, :5] = False

    with torch.no_grad():
        whole = network(inputs, mask)[:, -7:]
        hidden, state = network.prefill(inputs[:, :context], mask[:, :context], 6)
        state = network.expand(state, len(inputs), 1)
        steps = [hidden]
        for step in range(context, context + 6):
            hidden, state = network.step(state, inputs[:, step : step + 1])
            steps.append(hidden)

    torch.testing.assert_close(torch.cat(steps, 1), whole)


def test_the_curves_of_a_kan_are_b_splines_with_the_slopes_of_their_formula() -> None:
    values = torch.linspace(-4, 4, 42, dtype=torch.double, requires_grad=True)
    knots, spacing = torch.arange(8, dtype=torch.double) - 3.5, 1.2

    def curves(at: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = Curves.apply(at, knots, spacing)  # type: ignore[no-untyped-call]
        return found

    apart = values.detach().numpy()[None] / spacing - knots.numpy()[:, None]
    splines = BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)(apart)
    np.testing.assert_allclose(curves(values)[:-1].detach(), np.nan_to_num(splines), atol=1e-12)
    assert torch.autograd.gradcheck(curves, (values,))


@pytest.mark.parametrize("name", [n for n, one in ALGORITHMS.items() if one.family == "direct"])
def test_a_direct_network_keeps_its_best_epoch_when_its_loss_is_nan(
    name: str, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = pinball
    fitting = Fitting(panel, Recipe(name, HORIZON, None, quick(name, max_epochs=5)))
    epochs = 0
    for epoch in fitting.epochs():
        epochs = epoch.number
        if epoch.number == 2:
            monkeypatch.setattr(learner, "pinball", lambda *parts: sound(*parts) * float("nan"))
    monkeypatch.setattr(learner, "pinball", sound)

    forecast = fitting.finish().forecast(filled(panel))

    assert epochs == 2
    assert any("NaN" in note for note in fitting.notes)
    assert np.isfinite(forecast.quantiles).all()


@pytest.mark.parametrize("name", [n for n, one in ALGORITHMS.items() if one.family == "direct"])
def test_a_direct_network_learns_on_for_half_as_long_as_its_best_epoch_took(
    name: str, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    rough = quick(name, max_epochs=8, learning_rate=0.1)
    fitting = Fitting(panel, Recipe(name, HORIZON, None, rough))
    best = [epoch.number for epoch in fitting.epochs() if epoch.best][-1]
    taken: list[float] = []
    sound = learner.Work.step

    def step(work: learner.Work, done: float) -> float:
        taken.append(done)
        return sound(work, done)

    monkeypatch.setattr(learner.Work, "step", step)

    fitting.finish()

    assert best < 8, "every epoch was better than the one before: the test shows nothing"
    assert len(taken) == best * rough["batches_per_epoch"] // 2
    assert min(taken) > 0.5, "steps as large as at the beginning"


def test_what_is_stored_has_learned_from_the_latest_values_too(panel: Panel) -> None:
    fitting = Fitting(panel, Recipe("lstm", HORIZON, None, quick("lstm")))
    for _ in fitting.epochs():
        pass
    learner = fitting.learner
    assert isinstance(learner, NetworkLearner)
    best = learner.finish()
    before = {name: part.clone() for name, part in best.state().items()}
    seen = {part: learner.complete().state() for part in ("once", "again")}
    learner.training.problem.panel.target[-HORIZON:] += 1.0
    other = learner.complete().state()

    assert all(torch.equal(best.state()[name], part) for name, part in before.items())
    assert not all(torch.equal(seen["once"][name], part) for name, part in before.items())
    assert all(torch.equal(seen["again"][name], part) for name, part in seen["once"].items())
    assert not all(torch.equal(other[name], part) for name, part in seen["once"].items())


def steady_of(labels: int, codes: list[float], *, vectors: bool) -> torch.Tensor:
    """Return what an encoder says of windows that differ in a static text alone."""
    torch.manual_seed(0)
    encoding = Encoding((), (), (), (labels,), 1, (), False, 1.0, vectors=vectors)
    encoder, windows = Encoder(encoding, 4, 1), len(codes)
    nothing, whole = torch.zeros(windows, 6, 0), torch.ones(windows, 6)
    cut = Windows(
        target=whole,
        lagged=nothing,
        inside=whole > 0,
        known=nothing,
        past=nothing,
        calendar=torch.zeros(6, 1),
        period=torch.zeros(windows, dtype=torch.long),
        static=torch.tensor(codes)[:, None],
        ids=torch.zeros(windows, 0, dtype=torch.long),
    )
    told: torch.Tensor = encoder(cut).inputs[:, 0, encoder.dynamic_width + 1 :]
    assert told.shape[1] == encoder.exogenous_width - 1 == encoder.steady_width
    return told


def test_each_label_of_a_long_list_has_a_vector_and_a_missing_one_zeros() -> None:
    told = steady_of(40, [1.0, 13.0, 39.0, 40.0, float("nan")], vectors=True)

    assert len(torch.unique(told[:3], dim=0)) == 3
    assert torch.equal(told[3], told[4])
    assert not told[4, 1:].any()


def test_models_of_before_still_let_labels_of_a_long_list_share_channels() -> None:
    told = steady_of(40, [1.0, 13.0, 2.0], vectors=False)

    assert torch.equal(told[0], told[1])
    assert not torch.equal(told[0], told[2])


def test_a_long_list_of_texts_is_learned_stored_and_told_apart(tmp_path: Path) -> None:
    data = frame(stores=7, products=2)
    data["brand"] = data["store_id"] + data["product_id"]  # 14 labels
    panel = panel_of(data, static=("brand",))

    model = fit(panel, "lstm")
    model.save(tmp_path)
    forecast, again = (one.forecast(filled(panel)) for one in (model, load(tmp_path)))

    assert "encoder.vectors.static_0.weight" in model.forecaster.state()
    np.testing.assert_array_equal(forecast.quantiles, again.quantiles)


def test_a_network_heeds_no_cycle_of_the_calendar_that_it_did_not_see_again() -> None:
    hourly = Frequency.parse("h")
    one_month = unfamiliar(hourly, 0, 29 * 24)
    columns = calendar(hourly, 0, 1).shape[1]

    assert one_month == (0, 1, 2, 3, 4, 5, 6, 7)  # the waves of the year and of the month
    assert unfamiliar(hourly, 0, 5 * 24) == (*one_month, *range(8, 14), columns - 1)  # the week's
    assert unfamiliar(Frequency.parse("D"), 0, 600) == ()
    encoding = Encoding((), (), (), (), columns, (), centred=True, floor=1.0, unfamiliar=one_month)
    assert Encoder(encoding, 4, 1).heeded.tolist() == [0.0] * 8 + [1.0] * (columns - 8)

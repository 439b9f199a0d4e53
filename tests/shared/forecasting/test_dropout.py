"""Dropout hides the share that was asked for, and nothing when forecasting."""

import pytest
import torch

from shared.forecasting.dropout import Dropout


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_share_is_hidden_and_the_mean_stays(share: float) -> None:
    torch.manual_seed(1)
    values = torch.ones(500, 401)

    found = Dropout(share)(values)

    assert float((found == 0).float().mean()) == pytest.approx(share, abs=0.01)
    assert float(found.mean()) == pytest.approx(1.0, abs=0.01)


def test_hidden_values_get_no_gradient_and_the_others_their_share() -> None:
    torch.manual_seed(1)
    values = torch.ones(50, 40, requires_grad=True)

    found = Dropout(0.25)(values)
    found.sum().backward()

    assert values.grad is not None
    assert torch.equal(values.grad, found.detach())


def test_the_same_seed_hides_the_same() -> None:
    values, dropout = torch.ones(7, 9), Dropout(0.3)
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(dropout(values))

    assert torch.equal(found[0], found[1])


@pytest.mark.parametrize("share", [0.0, 0.001])
def test_a_share_too_small_for_a_byte_still_works(share: float) -> None:
    assert float(Dropout(share)(torch.ones(1000, 10)).mean()) == pytest.approx(1.0, abs=0.01)


def test_nothing_is_hidden_when_forecasting() -> None:
    values = torch.rand(3, 4)

    assert Dropout(0.5).eval()(values) is values

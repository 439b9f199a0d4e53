"""Not a bit of a forecast depends on what else is asked with it."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn.functional import gelu, silu

from shared.forecasting import ALGORITHMS, Panel
from shared.forecasting.alike import LOT, alike, filled
from shared.forecasting.direct import DIRECT
from shared.forecasting.fitted import FittedModel
from shared.forecasting.network import NETWORK
from tests.shared.forecasting.samples import filled as with_future
from tests.shared.forecasting.samples import fit, frame, panel_of

CPU = torch.device("cpu")
HEADS = ("quantiles", "student_t", "tweedie")
MODELS = [
    *((name, head) for name, entry in ALGORITHMS.items() if entry.family == NETWORK.name
      for head in HEADS),
    *((name, None) for name, entry in ALGORITHMS.items() if entry.family == DIRECT.name),
]  # fmt: skip
ASKED = ([0], [4], [8], [3, 4], [0, 4, 8], [8, 7, 6, 5, 4], [2] * 33)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def series() -> Panel:
    return with_future(panel_of(frame(stores=3, products=3)))


def drawn(model: FittedModel, panel: Panel, asked: list[int], paths: int) -> NDArray[np.float32]:
    starts = np.array([panel.end(0) - 6] * len(asked))
    return model.forecaster.draw(panel, np.array(asked), starts, 10, paths, 0)


@pytest.mark.parametrize("context", [9, 30])
@pytest.mark.parametrize(("name", "head"), MODELS)
def test_what_a_series_gets_does_not_hang_on_the_others(
    name: str, head: str | None, context: int, series: Panel
) -> None:
    more: dict[str, Any] = {"head": head} if head else {}
    model = fit(series, name, context=context, hidden_size=24, max_epochs=1, **more)

    for paths in (7, 37):
        together = drawn(model, series, list(range(9)), paths)
        for asked in ASKED:
            found = drawn(model, series, asked, paths)
            np.testing.assert_array_equal(found, together[asked], err_msg=f"{asked} x {paths}")


@pytest.mark.parametrize("function", [torch.exp, torch.tanh, torch.log1p, gelu, silu])
@pytest.mark.parametrize("shape", [(1,), (5, 7), (LOT,), (3, LOT + 1)])
def test_an_element_is_treated_alike_wherever_it_stands(
    function: Callable[[torch.Tensor], torch.Tensor], shape: tuple[int, ...]
) -> None:
    values = torch.rand(shape, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        found = alike(function, values)
        turned = alike(function, values.reshape(-1).flip(0)).flip(0).view(shape)
        apart = torch.stack([alike(function, one) for one in values.reshape(-1)]).view(shape)

    assert torch.equal(found, turned)
    assert torch.equal(found, apart)
    torch.testing.assert_close(found, function(values))


def test_columns_of_a_wider_table_are_treated_as_if_they_stood_alone() -> None:
    table = torch.rand(9, 20, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        left = alike(torch.sigmoid, table.chunk(2, 1)[0])
        assert torch.equal(left, alike(torch.sigmoid, table[:, :10].contiguous()))
        assert torch.equal(left[:1], alike(torch.sigmoid, table[:1].chunk(2, 1)[0]))


def test_gradients_go_through_unchanged() -> None:
    values = torch.rand(5, requires_grad=True)

    alike(torch.exp, values).sum().backward()

    torch.testing.assert_close(values.grad, values.exp().detach())


def test_few_rows_are_filled_up_on_a_cpu() -> None:
    assert [filled(count, 1, CPU) for count in (1, 16, 40)] == [16, 16, 40]
    assert [filled(count, 12, CPU) for count in (1, 2, 3)] == [2, 2, 3]
    assert filled(1, 1, torch.device("cuda")) == 1

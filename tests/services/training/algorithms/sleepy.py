"""An algorithm for tests: its epochs take as long as asked for, and it fails in many ways."""

import os
import signal
import time
from collections.abc import Iterator

from shared.forecasting.errors import NotEnoughData
from shared.forecasting.hyperparameters import Hyperparameters, parameter
from shared.forecasting.recipe import Epoch
from shared.forecasting.register import Algorithm, Problem, register
from shared.forecasting.statistical import StatisticalFamily, StatisticalLearner


class SleepyHyperparameters(Hyperparameters):
    epochs: int = parameter(
        3, ge=1, le=10_000, title="Epochs", title_zh="轮数", text="How many.", text_zh="轮数。"
    )
    seconds: float = parameter(
        0.0, ge=0, le=600, title="Seconds", title_zh="秒", text="Per epoch.", text_zh="每轮。"
    )
    trouble: str = parameter(
        "none", title="Trouble", title_zh="故障", text="How it fails.", text_zh="故障方式。"
    )


class SleepyLearner(StatisticalLearner):
    """Sleeps, then gets into trouble."""

    def __init__(self, algorithm: Algorithm, problem: Problem) -> None:
        super().__init__(algorithm, problem)
        self.wanted: SleepyHyperparameters = problem.hyperparameters  # type: ignore[assignment]

    def epochs(self) -> Iterator[Epoch]:
        total = self.wanted.epochs
        if self.wanted.trouble == "stubborn":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        for number in range(1, total + 1):
            time.sleep(self.wanted.seconds)
            yield Epoch(number, total, 1 / number, float("inf"), number % 7 == 0, 0.0, None)
        _get_into(self.wanted.trouble)


def _get_into(trouble: str) -> None:
    if trouble == "data":
        raise NotEnoughData("The series are far too short.", field="/horizon")
    if trouble == "fault":
        raise RuntimeError("two wires touched")
    if trouble == "memory":
        raise MemoryError("no room")
    if trouble == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if trouble == "exit":
        os._exit(7)
    if trouble == "noise":
        os.write(1, b'{"type": "failed"}\nnoise\n')


class SleepyFamily(StatisticalFamily):
    def start(self, algorithm: Algorithm, problem: Problem) -> StatisticalLearner:
        return SleepyLearner(algorithm, problem)


@register(
    title="Sleepy",
    title_zh="瞌睡",
    summary_zh="测试用。",
    family=SleepyFamily(),
    hyperparameters=SleepyHyperparameters,
)
class Sleepy:
    """Sleeps a lot."""

    def __init__(self, hyperparameters: SleepyHyperparameters, season: int) -> None:
        self.season = season

    def paths(self, history, uniform):  # type: ignore[no-untyped-def]
        return uniform * 0 + history[~(history != history)].mean()

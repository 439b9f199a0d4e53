"""Asks for forecasts that must be refused."""

from typing import Any

from httpx import AsyncClient, Response

from shared.contracts.problems import Problem

MODEL = "lstm_global"
ONE = {"store": "S1", "product": "P1"}


async def ask(prediction: AsyncClient, **request: Any) -> Response:
    return await prediction.post("/prediction", json={"model": MODEL, "series": [ONE], **request})


async def refused(prediction: AsyncClient, status: int, **request: Any) -> Problem:
    answer = await ask(prediction, **request)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    kept = (await prediction.get("/internal/stats")).json()
    assert kept == {"forecasts": 0, "storage_bytes": 0}
    return Problem.model_validate_json(answer.content)


def pointers(problem: Problem) -> list[str]:
    return [error.pointer for error in problem.errors]

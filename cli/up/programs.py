"""What runs: each program of the system, how it is started, and what it is told."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.up import valkey
from cli.up.place import Place
from cli.up.ports import LOOPBACK, free


@dataclass(frozen=True)
class Program:
    """One supervised process; a higher priority starts later and stops earlier."""

    name: str
    command: list[str]
    priority: int
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_s: int = 15


@dataclass(frozen=True)
class System:
    """All programs, and the environment that they share."""

    programs: list[Program]
    environment: dict[str, str]


def plan(place: Place, host: str, port: int) -> System:
    """Choose addresses and list the programs; services given by address are not started."""
    registry, training, prediction = free(3)
    environment = _shared(place)
    urls = {
        "SHELFCAST_REGISTRY_URL": _url(registry),
        "SHELFCAST_TRAINING_URL": _url(training),
        "SHELFCAST_PREDICTION_URL": _url(prediction),
    }
    environment |= urls
    programs = []
    if not os.environ.get("SHELFCAST_REDIS_URL"):
        environment["SHELFCAST_REDIS_URL"] = f"unix://{place.valkey_socket}"
        programs.append(Program("valkey", valkey.command(place), 10))
    gateway = {"SHELFCAST_HOST": host, "SHELFCAST_PORT": str(port)}
    programs += [
        Program("registry", _python("services.registry"), 20, _inner("registry", registry)),
        Program("training", _python("services.training"), 30, _inner("training", training)),
        Program("prediction", _python("services.prediction"), 40, _inner("prediction", prediction)),
        Program("worker", _python("services.training.worker"), 50, stop_s=20),
        Program("gateway", _python("gateway"), 60, gateway),
    ]
    return System(programs, environment)


def _shared(place: Place) -> dict[str, str]:
    """Return the environment of every program: this one's, and what a supervised process needs."""
    threads = max(1, (os.cpu_count() or 2) // 2)
    return {
        # libgomp's busy waiting makes two torch processes on few cores hundreds of times slower
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": str(threads),
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONUNBUFFERED": "1",
        "SHELFCAST_DATA": str(place.data),
        "SHELFCAST_SUPERVISED": "1",
    }


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _inner(service: str, port: int) -> dict[str, str]:
    prefix = f"SHELFCAST_{service.upper()}"
    return {f"{prefix}_HOST": LOOPBACK, f"{prefix}_PORT": str(port)}


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"

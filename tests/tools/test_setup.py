"""Setting up: what is locked is all that is imported, and nothing is installed twice."""

import ast
import importlib.util
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = {"cli", "gateway", "services", "shared"}
BY_PLUGIN = {"chronos"}  # used where somebody has installed it
FOLDERS = {
    "local": ("cli", "gateway", "services", "shared"),
    "gateway": ("gateway",),
    "registry": ("services/registry", "shared/contracts", "shared/clients"),
    "training": ("services/training", "shared/forecasting", "shared/contracts", "shared/clients"),
    "prediction": (
        "services/prediction",
        "shared/forecasting",
        "shared/contracts",
        "shared/clients",
    ),
}


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(profile: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{profile}.lock").read_text()
    found = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE)
    return {plain(name): version for name, version in found}


def imported(folder: str) -> set[str]:
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names - OWN - set(sys.stdlib_module_names) - BY_PLUGIN


@pytest.mark.parametrize("profile", FOLDERS)
def test_everything_that_is_imported_is_locked(profile: str) -> None:
    given = packages_distributions()
    names = set().union(*map(imported, FOLDERS[profile]))
    lock = {*locked(profile), "torch"}

    missing = {name for name in names if not {plain(one) for one in given[name]} & lock}

    assert not missing


@pytest.mark.parametrize("profile", [name for name in FOLDERS if name != "local"])
def test_a_service_gets_the_versions_that_are_tested(profile: str) -> None:
    dev = locked("dev")

    assert {name: dev.get(name) for name in locked(profile)} == locked(profile)
    assert {name: dev.get(name) for name in locked("local")} == locked("local")


def test_nothing_is_installed_again_where_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = tool("setup")
    if not (ROOT / ".venv" / ".dev-installed").exists():
        pytest.skip("this environment was not made by tools/setup.py")
    monkeypatch.setattr(subprocess, "run", _never)

    setup.main("dev")
    setup.main("local")


def _never(*args: Any, **more: Any) -> None:
    raise AssertionError(args)


def test_a_python_that_does_not_fit_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setup = tool("setup")
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))

    with pytest.raises(SystemExit, match=r"^Shelfcast needs Python 3\.11 .*, this is 3\.9: "):
        setup.main("local")


def test_a_folder_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    setup = tool("setup")
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(setup, "VENV", tmp_path / "file" / ".venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / "file" / ".venv" / "bin" / "python")

    with pytest.raises(SystemExit, match=r"Setting up .*/file/\.venv failed: "):
        setup.main("local")


@pytest.mark.parametrize(("version", "own"), [("v16.20.0", True), ("v22.3.0", False)])
def test_the_machines_node_is_taken_only_where_it_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, own: bool
) -> None:
    web = tool("web")
    for name in ("there/node", "there/npm", "own/node"):
        program = tmp_path / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "there"))
    monkeypatch.setattr(web, "BIN", tmp_path / "own")

    assert web._node() == tmp_path / ("own" if own else "there") / "node"

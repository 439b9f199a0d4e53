"""The rules of the house that no other lint knows."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
SOURCES = {".py", ".ts", ".vue", ".sh", ".css"}
GENERATED = ("web/src/api/schema.d.ts",)
GLOSSARIES = ("web/src/i18n/en.ts", "web/src/i18n/zh-CN.ts")  # one file per language, by design
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "core"}
UNSAFE = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve"}
ELSEWHERE = re.compile(r"(?<![\w./$~-])/(?:home|Users|root|work|opt)/[\w.]")
READMES = ("README.md", "README.zh-CN.md")


def files(*suffixes: str) -> Iterator[Path]:
    """Yield every file of the repository that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        file = ROOT / name
        if file.is_file() and (not suffixes or file.suffix in suffixes):
            yield file


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def parsed() -> list[tuple[str, ast.Module]]:
    return [(name_of(file), ast.parse(file.read_text())) for file in files(".py")]


def test_no_file_is_too_long_to_read() -> None:
    lengths = {
        name_of(file): len(file.read_text().splitlines())
        for file in files(*SOURCES)
        if name_of(file) not in (*GENERATED, *GLOSSARIES)
        and "/migrations/versions/" not in name_of(file)
    }

    assert {name: n for name, n in lengths.items() if n >= LONGEST_FILE} == {}


def test_no_function_is_too_long_to_read() -> None:
    long = {
        f"{name}:{node.name}": length
        for name, tree in parsed()
        if "/migrations/versions/" not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := _body_length(node)) >= LONGEST_FUNCTION
    }

    assert long == {}


def _body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body, without its docstring and the functions inside it."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    inner = (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return _lines(body) - sum(_lines([node]) for node in inner)


def _lines(body: list[ast.stmt]) -> int:
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {name_of(f) for f in files(".py", ".ts", ".vue") if f.stem.lower() in VAGUE}

    assert names == set()


def test_nothing_unpickles() -> None:
    found = set()
    for name, tree in parsed():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {(name, a.name) for a in node.names if a.name.split(".")[0] in UNSAFE}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {(name, node.module)} if node.module.split(".")[0] in UNSAFE else set()
            elif isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load":
                found |= {(name, "torch.load")}

    assert found == set()


def test_no_path_of_one_machine_is_written_down() -> None:
    allowed = ("/root/.cache",)  # inside the container images
    found = {}
    for file in files():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        paths = [m for m in ELSEWHERE.finditer(text) if not text.startswith(allowed, m.start())]
        if paths and file != Path(__file__):
            found[name_of(file)] = text[paths[0].start() :][:60].split("\n")[0]

    assert found == {}


def test_no_large_file_is_committed() -> None:
    sizes = {name_of(file): file.stat().st_size for file in files()}

    assert {name: size for name, size in sizes.items() if size > 1_000_000} == {}


def python_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[\[<>=!~; ]", line)[0] for group in groups for line in group}
    return names - {"shelfcast"} | {"torch"}


def web_dependencies() -> set[str]:
    package = json.loads((ROOT / "web" / "package.json").read_text())
    return set(package["dependencies"]) | set(package["devDependencies"])


def listed_dependencies(readme: str) -> set[str]:
    rows = re.findall(r"^\|(.+?)\|.+\|$", (ROOT / readme).read_text(), flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize("readme", READMES)
def test_every_dependency_has_its_reason_in_the_readme(readme: str) -> None:
    missing = (python_dependencies() | web_dependencies()) - listed_dependencies(readme)

    assert missing == set()


@pytest.mark.parametrize("page", [*READMES, "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", (ROOT / page).read_text())

    missing = {link for link in links if not ((ROOT / page).parent / link).exists()}

    assert missing == set()


@pytest.mark.parametrize("page", [*READMES, "CONTRIBUTING.md"])
def test_every_command_of_make_that_is_named_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"\bmake ([a-z][a-z0-9-]+)`", (ROOT / page).read_text()))

    assert named - targets == set()

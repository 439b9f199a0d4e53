"""Make the web app ready: Node, the locked packages, the built app; each only if it is needed.

Knows only the standard library. Usage: `python3 tools/web.py packages|build|run SCRIPT…`, where
`run` calls a script of web/package.json with the right Node.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BIN = ROOT / ".venv" / "bin"
OLDEST_NODE = (20, 19)
MADE = {"node_modules", "dist", "coverage"}  # folders of web/ that are not sources


def main(arguments: list[str]) -> None:
    """Do what was asked, or say in one sentence why it cannot be done."""
    match arguments:
        case ["packages"]:
            _packages()
        case ["build"]:
            _build()
        case ["run", *script] if script:
            _packages()
            _npm("run", *script)
        case _:
            sys.exit("Usage: tools/web.py packages | build | run SCRIPT…")


def _packages() -> None:
    stamp = WEB / "node_modules" / ".installed"
    wanted = _digest([WEB / "package.json", WEB / "package-lock.json"])
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("• installing the web app's locked packages", flush=True)
    _npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(wanted)


def _build() -> None:
    stamp = WEB / "node_modules" / ".built"
    built = (WEB / "dist" / "index.html").is_file()
    if built and stamp.is_file() and stamp.read_text() == _digest(_sources()):
        return
    _packages()
    print("• building the web app", flush=True)
    _npm("run", "build", "--silent", "--", "--logLevel=error")
    stamp.write_text(_digest(_sources()))  # after the build, which may write a types file


def _sources() -> Iterator[Path]:
    for folder, names, files in os.walk(WEB):
        names[:] = sorted(name for name in names if name not in MADE and name[0] != ".")
        yield from (Path(folder, file) for file in sorted(files))


def _digest(files: Iterator[Path] | list[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(WEB)}\0".encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _npm(*arguments: str) -> None:
    node = _node()
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(node.with_name("npm")), *arguments]
    if subprocess.run(command, cwd=WEB, env=environment, check=False).returncode != 0:
        sys.exit(f"`npm {' '.join(arguments)}` failed in web/: see above.")


def _node() -> Path:
    """Return the machine's Node if it is new enough, else one from a PyPI wheel in .venv."""
    found = shutil.which("node")
    if found and Path(found).with_name("npm").exists() and _version(found) >= OLDEST_NODE:
        return Path(found)
    own = BIN / "node"
    if not own.exists():
        print("• installing Node from its PyPI wheel", flush=True)
        lock = ROOT / "requirements" / "node.lock"
        python = str(BIN / "python")
        uv = [python, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--python", python]
        locked = ["--no-deps", "--require-hashes", "-r", str(lock)]
        if subprocess.run([*uv, *locked], check=False).returncode != 0:
            sys.exit("Node 20.19 or newer is needed to build the web app: install it, then retry.")
    return own


def _version(node: str) -> tuple[int, ...]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in re.findall(r"\d+", told)[:2])


if __name__ == "__main__":
    main(sys.argv[1:])

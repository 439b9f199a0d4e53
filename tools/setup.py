"""Make `.venv` ready: the locked dependencies and the build of torch that fits this machine.

Knows only the standard library, because it runs before anything is installed. Running it again
when nothing has changed takes well under a second. Usage: `python3 tools/setup.py local|dev`.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = "uv==0.13.9"
TORCH = "2.13.0"


def main(profile: str) -> None:
    """Install what `profile` needs, unless the stamp says that it is there."""
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"Shelfcast needs Python 3.11 or 3.12, this is {found}. Try: make PYTHON=python3.11 …"
        )
    lock = ROOT / "requirements" / f"{profile}.lock"
    wanted = _fingerprint(lock)
    if _installed(profile) == wanted:
        return
    try:
        _install(lock)
    except subprocess.CalledProcessError as error:
        command = " ".join(str(part) for part in error.cmd[:6])
        sys.exit(f"Setting up .venv failed at `{command} …` (exit {error.returncode}): see above.")
    except OSError as error:
        sys.exit(f"Setting up {VENV} failed: {error.strerror or error} ({error.filename}).")
    _stamp(profile).write_text(wanted)


def _install(lock: Path) -> None:
    if not PYTHON.exists():
        print("• making .venv", flush=True)
        venv.create(VENV, with_pip=True)
    print("• installing locked dependencies", flush=True)
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    _run([*pip, UV])
    uv: list[str | Path] = [
        PYTHON,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        PYTHON,
        "--no-config",
    ]
    _run([*uv, *_torch()])
    _run([*uv, "--no-deps", "--require-hashes", "-r", lock])
    _run([*uv, "--no-deps", "--editable", ROOT])


def _torch() -> list[str]:
    """Say how to install torch here: from a local wheel folder, or the build for this machine.

    `TORCH_BACKEND` chooses by hand: `cpu`, `cu130`, …; `auto` looks for an NVIDIA driver.
    """
    pinned = f"torch=={TORCH}"
    if links := os.environ.get("PIP_FIND_LINKS"):
        return ["--find-links", links, pinned]
    if sys.platform == "linux":
        return ["--torch-backend", os.environ.get("TORCH_BACKEND", "auto"), pinned]
    return [pinned]


def _fingerprint(lock: Path) -> str:
    parts = (lock.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), TORCH.encode(), UV.encode())
    backend = os.environ.get("TORCH_BACKEND", "").encode()
    return hashlib.sha256(b"\0".join((*parts, backend, sys.version.encode()))).hexdigest()


def _installed(profile: str) -> str:
    """Return the fingerprint of what is installed; `dev` holds all that `local` needs."""
    stamps = [_stamp(profile)]
    if profile == "local" and _stamp("dev").exists():
        dev = ROOT / "requirements" / "dev.lock"
        if PYTHON.exists() and _stamp("dev").read_text() == _fingerprint(dev):
            return _fingerprint(ROOT / "requirements" / "local.lock")
    return next((s.read_text() for s in stamps if PYTHON.exists() and s.exists()), "")


def _stamp(profile: str) -> Path:
    return VENV / f".{profile}-installed"


def _run(command: list[str | Path]) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "dev")

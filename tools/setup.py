"""Make `.venv` ready: the locked dependencies and the build of torch that fits this machine.

Knows only the standard library, because it runs before anything is installed. Running it again
when nothing has changed takes well under a second. Usage: `python3 tools/setup.py PROFILE`,
a name of a file in requirements/: `local` to run all, `dev` to test, or one service's.
"""

from __future__ import annotations  # so that an old Python reads far enough to refuse in words

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
UV = "uv==0.13.9"
TORCH = "2.13.0"
WITHOUT_TORCH = ("gateway", "registry")


def main(profile: str) -> None:
    """Install what `profile` needs, unless the stamp says that it is there."""
    if sys.version_info[:2] not in SUPPORTED:
        found = ".".join(map(str, sys.version_info[:2]))
        wanted = " or ".join(".".join(map(str, version)) for version in SUPPORTED)
        sys.exit(f"Shelfcast needs Python {wanted}, this is {found}: install one of them.")
    lock = ROOT / "requirements" / f"{profile}.lock"
    wanted = _fingerprint(lock)
    if _installed(profile) == wanted:
        return
    try:
        _install(profile, lock)
    except subprocess.CalledProcessError as error:
        command = " ".join(str(part) for part in error.cmd[:6])
        sys.exit(f"Setting up .venv failed at `{command} …` (exit {error.returncode}): see above.")
    except OSError as error:
        sys.exit(f"Setting up {VENV} failed: {error.strerror or error} ({error.filename}).")
    _stamp(profile).write_text(wanted)


def _install(profile: str, lock: Path) -> None:
    if not (PYTHON.exists() and PYTHON.with_name("pip").exists()):
        _make_venv()
    print("• installing locked dependencies (a minute or two, the first time)", flush=True)
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    _run([*pip, UV])
    if certificates := _pip_setting("cert"):
        os.environ.setdefault("SSL_CERT_FILE", certificates.split()[0])
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
    if profile not in WITHOUT_TORCH:
        _install_torch(uv)
    _run([*uv, "--no-deps", "--require-hashes", "-r", lock])
    _run([*uv, "--no-deps", "--editable", ROOT])


def _make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("Python's venv module is incomplete here: install it (apt install python3-venv).")
    print("• making .venv", flush=True)
    venv.create(VENV, with_pip=True, clear=True)


def _install_torch(uv: list[str | Path]) -> None:
    """Install torch; where PyTorch's own index does not answer, from the package index."""
    wanted = _torch()
    try:
        _run([*uv, *wanted])
    except subprocess.CalledProcessError:
        if "--torch-backend" not in wanted or "TORCH_BACKEND" in os.environ:
            raise
        print("• PyTorch's own index does not answer: taking the package index's build", flush=True)
        _run([*uv, f"torch=={TORCH}"])


def _torch() -> list[str]:
    """Say how to install torch here: from a local wheel folder, or the build for this machine.

    `TORCH_BACKEND` chooses by hand: `cpu`, or `cu130` and its like; `auto` (the default) looks
    for an NVIDIA driver; `default` takes what the package index has, on Linux a CUDA build.
    """
    pinned = f"torch=={TORCH}"
    backend = os.environ.get("TORCH_BACKEND", "auto")
    folders = _wheel_folders() if backend in ("auto", "cpu") else []
    if folders:
        return [*(f"--find-links={folder}" for folder in folders), pinned]
    if sys.platform == "linux" and backend != "default":
        return ["--torch-backend", backend, pinned]
    return [pinned]


def _wheel_folders() -> list[str]:
    told = _pip_setting("find-links").split()
    return [folder for folder in dict.fromkeys(told) if Path(folder).is_dir()]


def _pip_setting(name: str) -> str:
    """Return what pip is told about `name`: uv does not read pip's settings by itself."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return " ".join(re.findall(rf"^\S+\.{name}='(.*)'$", found, re.MULTILINE))


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

"""Make a Chromium with Chinese fonts ready for the browser tests, or say how to get one.

Knows only the standard library. On Debian as root what is missing is installed with apt.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
FONTS = "fonts-wqy-microhei"


def main() -> None:
    """Check for a browser and a font with Chinese characters; install what is missing."""
    missing = []
    if not any(shutil.which(name) for name in NAMES):
        missing.append("chromium")
    if not _has_chinese_font():
        missing.append(FONTS)
    if not missing:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        wanted = " and ".join(missing)
        sys.exit(
            f"The browser tests need {wanted}: on Debian or Ubuntu run "
            f"`sudo apt-get install {' '.join(missing)}`, elsewhere install Chromium (or Chrome) "
            "so that it is on the PATH."
        )
    print(f"• installing {' and '.join(missing)}", flush=True)
    _apt("update")
    _apt("install", "--yes", "--no-install-recommends", *missing)


def _has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)
    return bool(found.stdout.strip())


def _apt(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", *arguments]
    if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode != 0:
        sys.exit(f"`{' '.join(command)}` failed: see above.")


if __name__ == "__main__":
    main()

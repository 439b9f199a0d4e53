"""Says whether a package that only some algorithms need is installed, without loading it."""

from collections.abc import Callable
from importlib.util import find_spec


def needs(package: str, *, name: str = "") -> Callable[[], str | None]:
    """Return a question whose answer is why the package cannot be used, None if it can."""

    def missing() -> str | None:
        if find_spec(package) is not None:
            return None
        return f"the package {name or package} is not installed."

    return missing

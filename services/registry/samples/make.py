"""Makes a sample of the kind that was asked for."""

from collections.abc import Callable

from services.registry.reading.source import Source
from services.registry.samples.draft import Draft
from services.registry.samples.electricity import electricity
from services.registry.samples.pharmacy import pharmacy
from services.registry.samples.traffic import traffic
from services.registry.samples.weather import weather
from shared.contracts.datasets import Mapping, SampleRequest
from shared.kit.errors import Invalid

MOST_ROWS = 20_000_000
_KINDS: dict[str, tuple[Callable[[SampleRequest], Draft], Callable[[SampleRequest], int]]] = {
    "pharmacy": (pharmacy, lambda r: r.stores * r.products * r.days),
    "weather": (weather, lambda r: r.stores * r.days),
    "electricity": (electricity, lambda r: r.products * r.days * 24),
    "traffic": (traffic, lambda r: r.stores * r.days * 24),
}


def make(request: SampleRequest) -> tuple[Source, Mapping]:
    """Generate a sample.

    Raises:
        Invalid: it would have more rows than a sample should.
    """
    generate, count = _KINDS[request.kind]
    rows = count(request)
    if rows > MOST_ROWS:
        raise Invalid(
            f"That would be {rows:,} rows; {MOST_ROWS:,} are the most. Ask for fewer days.",
            field="/days",
        )
    draft = generate(request)
    return draft.source(), draft.mapping

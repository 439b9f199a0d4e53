"""How services talk to each other: HTTP, typed by the contracts."""

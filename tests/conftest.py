"""What every test may lean on: a real Valkey, a real PostgreSQL, and the whole system running."""

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.valkey", "tests.fixtures.system"]

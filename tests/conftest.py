"""What every test may lean on: a real Valkey and a real PostgreSQL."""

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.valkey"]

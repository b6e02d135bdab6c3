"""The fixtures that every test of the project may ask for."""

pytest_plugins = ["tests.support.clickhouse", "tests.support.postgres", "tests.support.s3", "tests.support.valkey"]

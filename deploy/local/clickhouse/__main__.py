"""Command line of the endpoint: `python -m deploy.local.clickhouse --path DIR --port N`."""

import argparse
import logging
import os
import sys
from pathlib import Path

from deploy.local.clickhouse.command import PASSWORD_VARIABLE
from deploy.local.clickhouse.directory import DirectoryInUseError, owned_directory
from deploy.local.clickhouse.engine import EngineError
from deploy.local.clickhouse.failed_writes import FailedWritesError
from deploy.local.clickhouse.server import AddressError, Options, listening_socket, serve

UNUSABLE, START_AGAIN = 2, 3


def options_from(arguments: list[str]) -> Options:
    """Options from the command line and the password's environment variable."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.clickhouse", description="ClickHouse on loopback.")
    parser.add_argument("--path", type=Path, required=True, help="directory of the data")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on (%(default)s)")
    given = parser.parse_args(arguments)
    password = os.environ.get(PASSWORD_VARIABLE) or None
    return Options(given.path, given.host, given.port, password)


def main(arguments: list[str]) -> int:
    """Serve until a signal; exit codes: 2 when the directory or the address can't be used, 3 when writes failed."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    options = options_from(arguments)
    try:
        with owned_directory(options.path) as directory, listening_socket(options.host, options.port) as listener:
            serve(options, directory, listener)
    except (AddressError, DirectoryInUseError, EngineError) as error:
        print(f"clickhouse endpoint: {error}", file=sys.stderr)
        return UNUSABLE
    except FailedWritesError as error:
        print(f"clickhouse endpoint: {error}", file=sys.stderr)
        return START_AGAIN
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

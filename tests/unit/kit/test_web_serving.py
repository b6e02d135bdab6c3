"""Where an app listens, and what is said where it cannot."""

import os
import re
import socket

import pytest
from quart import Quart

from services.kit.listener import PortTakenError
from services.kit.web.serving import serve

LOOPBACK = "127.0.0.1"


async def test_a_taken_port_is_said_with_who_has_it_and_which_variable_sets_another() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        taken = f"cannot listen on {LOOPBACK}:{port}: Address already in use by process {os.getpid()} ("
        with pytest.raises(PortTakenError, match=f"^{re.escape(taken)}.*set SAMPLE_PORT to another port$"):
            await serve(Quart("sample"), LOOPBACK, port, "SAMPLE_PORT")


async def test_an_address_of_another_machine_is_said_without_naming_a_process() -> None:
    with pytest.raises(PortTakenError, match=r"^cannot listen on 192\.0\.2\.1:0: Cannot assign requested address"):
        await serve(Quart("sample"), "192.0.2.1", 0, "SAMPLE_PORT")

"""Ports for servers: one that was found free is kept for the server that it was found for."""

import socket

import pytest

from deploy.local.ports import LOOPBACK, free_port, is_free


def test_a_free_port_is_given_to_a_server_that_names_it_and_to_nobody_who_asks_for_any() -> None:
    port = free_port()
    assert is_free(port)
    with socket.socket() as asking, pytest.raises(OSError, match="Address already in use"):
        asking.bind((LOOPBACK, port))
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)


def test_no_two_free_ports_are_the_same() -> None:
    assert len({free_port() for _ in range(500)}) == 500

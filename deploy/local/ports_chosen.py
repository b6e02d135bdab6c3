"""Which ports the local stack listens on: its own defaults, unless a variable says otherwise."""

import os
from dataclasses import dataclass, replace

from deploy.local.parts import Port
from services.kit.settings import SettingsError
from services.registry import Service

POSTGRES = Port(15432, "HULEEDU_POSTGRES_PORT", scheme="")
CLICKHOUSE = Port(18123, "HULEEDU_CLICKHOUSE_PORT")
VALKEY = Port(16379, "HULEEDU_VALKEY_PORT", scheme="")
METRICS = Port(9464, "CDC_METRICS_PORT")
KAFKA = Port(19092, "HULEEDU_KAFKA_PORT", scheme="")
KAFKA_CONTROLLER = Port(19093, "HULEEDU_KAFKA_CONTROLLER_PORT", scheme="")
CONNECT = Port(18083, "HULEEDU_CONNECT_PORT")
HIGHEST = 65535


@dataclass(frozen=True)
class StackPorts:
    """The ports of the servers that every stack has; `metrics` is capture's."""

    postgres: Port
    clickhouse: Port
    valkey: Port
    metrics: Port


@dataclass(frozen=True)
class KafkaPorts:
    """The ports of the servers that a stack on Kafka has more."""

    kafka: Port
    controller: Port
    connect: Port


def stack_ports() -> StackPorts:
    """The servers' ports, as the environment sets them; SettingsError names a variable that holds no port."""
    return StackPorts(*map(_from_environment, (POSTGRES, CLICKHOUSE, VALKEY, METRICS)))


def kafka_ports() -> KafkaPorts:
    """Kafka's and Connect's ports, as the environment sets them; SettingsError names a variable that holds no port."""
    return KafkaPorts(_from_environment(KAFKA), _from_environment(KAFKA_CONTROLLER), _from_environment(CONNECT))


def service_port(service: Service) -> Port:
    """The port of a service, as the environment sets it; SettingsError names a variable that holds no port."""
    return _from_environment(Port(service.port, f"{service.env_prefix}PORT"))


def _from_environment(default: Port) -> Port:
    text = os.environ.get(default.variable)
    if text is None:
        return default
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST:
        raise SettingsError(f"{default.variable}={text!r} is not a port: write a number from 1 to {HIGHEST}")
    return replace(default, number=int(text))

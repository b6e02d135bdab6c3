"""What single services need beside a database: the variables that say where it is, and the parts that start before."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from deploy.local.signing_key import ALGORITHM
from deploy.local.source import Source
from services.registry import Service


@dataclass(frozen=True)
class ServiceNeeds:
    """`variables` are named without the service's prefix; `{…}` in their values stands for a place in the stack.

    reads_topics: whether it takes requests from topics, too, where there is Kafka.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    reads_topics: bool = False

    def with_source(self, source: Source) -> Self:
        """What is needed in a stack whose changes come by `source`: one by Kafka has topics, too."""
        if source is Source.SLOT or not self.reads_topics:
            return self
        return replace(self, variables={**self.variables, **TOPICS}, after=(*self.after, "kafka"))

    def told(self, service: Service, places: Mapping[str, str]) -> dict[str, str]:
        """The variables of `service`, with the `places` put in."""
        return {f"{service.env_prefix}{name}": text.format_map(places) for name, text in self.variables.items()}


NOTHING_MORE = ServiceNeeds()
# `{objects}` is a folder of the service's own, `{valkey}` the counters' server, `{kafka}` the broker, `{<service>}`
# another service, `{public_key}` and `{private_key}` the files of the pair that signs tokens.
TOPICS = {"KAFKA_BOOTSTRAP": "{kafka}"}
NEEDS = {
    "spell_checker": ServiceNeeds({"CONTENT_SERVICE_URL": "{content}"}, reads_topics=True),
    "cj_assessment": ServiceNeeds(reads_topics=True),
    "file": ServiceNeeds({"OBJECT_STORE_URL": "{objects}"}),
    "api_gateway": ServiceNeeds(
        {
            "CONTENT_SERVICE_URL": "{content}",
            "SPELL_CHECKER_SERVICE_URL": "{spell_checker}",
            "FILE_SERVICE_URL": "{file}",
            "CJ_ASSESSMENT_SERVICE_URL": "{cj_assessment}",
            "VALKEY_URL": "{valkey}",
            "JWT_ALGORITHM": ALGORITHM,
            "JWT_ISSUER": "huleedu-development",
            "JWT_AUDIENCE": "huleedu",
            "JWT_PUBLIC_KEY_FILE": "{public_key}",
            "JWT_DEVELOPMENT_KEY_FILE": "{private_key}",
        },
        after=("valkey",),
    ),
}


def needs_of(service: Service, source: Source) -> ServiceNeeds:
    """What `service` needs beside its database, in a stack whose changes come by `source`."""
    return NEEDS.get(service.name, NOTHING_MORE).with_source(source)

"""Essays by number, so that tests can say which is meant."""

from uuid import UUID

from services.cj_assessment_service.bradley_terry import Outcome


def essay(number: int) -> UUID:
    return UUID(int=number)


def essays(count: int) -> list[UUID]:
    return [essay(number) for number in range(count)]


def won(first: int, second: int, times: int = 1) -> list[Outcome]:
    return [Outcome(essay(first), essay(second), 1.0)] * times


def tied(first: int, second: int, times: int = 1) -> list[Outcome]:
    return [Outcome(essay(first), essay(second), 0.5)] * times

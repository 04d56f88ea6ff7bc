"""Bad input, said once and clearly: where, what, did you mean, what to do; all faults of a file at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Fault:
    """One fault: `place` within the source (may be empty), `what` is wrong, and the `remedy`."""

    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        said = f"{self.place}: {self.what}" if self.place else self.what
        return f"{said} {self.remedy}".strip()


class BadInput(Exception):
    """Input that cannot be used; its text lists every fault and never an answer to a free-text question."""

    def __init__(self, source: str, faults: Iterable[Fault]) -> None:
        self.source = source
        self.faults = list(faults)
        super().__init__(listing(source, self.faults))

    def __reduce__(self) -> tuple:  # so that it comes whole from another process
        return BadInput, (self.source, self.faults)


def listing(source: str, faults: list[Fault]) -> str:
    """Write faults as a numbered list under their source; a single fault takes one line."""
    if len(faults) == 1:
        return f"{source}: {faults[0]}"
    lines = [f"{len(faults)} problems in {source}:"]
    return "\n".join(lines + [f"  {number}. {fault}" for number, fault in enumerate(faults, 1)])


def bad_input(source: str, what: str, remedy: str, place: str = "") -> BadInput:
    """Make a `BadInput` of a single fault."""
    return BadInput(source, [Fault(place, what, remedy)])


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Say " Did you mean 'x'?" for the closest of the options, or nothing where none is close."""
    options = list(options)
    close = get_close_matches(word.casefold(), [option.casefold() for option in options], n=1, cutoff=0.6)
    meant = next((option for option in options if close and option.casefold() == close[0]), "")
    return f" Did you mean '{meant}'?" if meant else ""

"""Which country an answer names: any spelling, or a refusal with candidates; better to refuse than to be wrong."""

from popresearch.countries.lookup import Match
from popresearch.countries.resolving import resolve, resolve_column

__all__ = ["Match", "resolve", "resolve_column"]

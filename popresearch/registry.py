"""Which services exist: responses grouped into services and organisations, with the reason for each link and a queue of unsure pairs.

Two names are one when they are equal after folding, when their web address is the same, or when they are nearly equal; all within
one country and one strand. Nearly equal but not near enough goes to the queue, for a person.
"""

import uuid
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rapidfuzz import fuzz

from popresearch.files import new_folder
from popresearch.ingest import Ingested
from popresearch.names import domain, folded
from popresearch.study import Study

SAME = 92.0  # token-sort ratio (0–100) from which two names are one
UNSURE = 80.0  # from here on a person is asked
NAMESPACE = uuid.UUID("6f1a3c52-0d0e-5b7e-9a55-0a7c1c2f9e10")
LINKS = ["response", "strand", "country_iso3", "organisation", "service", "how"]


@dataclass(frozen=True)
class Registry:
    """`links`: a row a response with its organisation and service; `services`: a row a service; `queue`: unsure pairs."""

    links: pd.DataFrame
    services: pd.DataFrame
    queue: pd.DataFrame


def build(ingested: Ingested, study: Study) -> Registry:
    """Group the responses of every strand; a response that names no service stands for itself (links only)."""
    links, services, queue = [], [], []
    for name, strand in study.strands.items():
        table = _named(ingested, name, strand.roles)
        organisation, how, _ = _groups(table, "organisation")
        service, how_service, unsure = _groups(table, "service")
        table = table.assign(
            organisation=organisation, service=service, how=how_service.where(how_service != "", how)
        )
        links.append(table[LINKS])
        queue.append(unsure.assign(strand=name))
        if strand.roles.get("service"):
            services.append(_services(table, strand.system))
    return Registry(
        pd.concat(links, ignore_index=True),
        pd.concat(services, ignore_index=True)
        if services
        else pd.DataFrame(columns=["service", "strand", "system", "country_iso3"]),
        pd.concat(queue, ignore_index=True),
    )


def _named(ingested: Ingested, strand: str, roles: dict[str, str]) -> pd.DataFrame:
    """One row a response: its names and address as text, blank where not given."""
    responses = ingested.responses[strand]
    texts = ingested.texts[ingested.texts["strand"] == strand].pivot(
        index="response", columns="question", values="text"
    )
    table = pd.DataFrame(
        {
            "response": responses["response"],
            "strand": strand,
            "country_iso3": responses["country_iso3"].astype(str),
        }
    )
    for role in ("service", "organisation", "address"):
        question = roles.get(role, "")
        given = texts[question] if question in texts else pd.Series(dtype=str)
        table[f"{role}_name"] = table["response"].map(given.dropna().to_dict().get).fillna("").astype(str)
    on_map = roles.get("on_map", "")
    table["on_map"] = responses[on_map].astype(str) if on_map in responses else ""
    return table


def _groups(table: pd.DataFrame, role: str) -> tuple[pd.Series, pd.Series, pd.DataFrame]:
    """Give each row the identifier of its group, how it was joined, and the unsure pairs."""
    names = table[f"{role}_name"].map(folded)
    hosts = table["address_name"].map(domain) if role == "service" else pd.Series("", index=table.index)
    parent = {row: row for row in table.index}
    how = pd.Series("", index=table.index)
    unsure = []

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for _, rows in table[names != ""].groupby("country_iso3", observed=True).groups.items():
        distinct: dict[tuple[str, str], int] = {}
        for row in rows:
            first = distinct.setdefault((names[row], hosts[row]), row)
            if first != row:
                parent[root(row)], how[row] = root(first), "same name"
        firsts = list(distinct.values())
        for position, left in enumerate(firsts):
            for right in firsts[position + 1 :]:
                score, reason = _alike(names[left], names[right], hosts[left], hosts[right])
                if score >= SAME:
                    parent[root(right)], how[right] = root(left), reason
                elif score >= UNSURE:
                    pair = (role, table.at[left, "response"], table.at[right, "response"], round(score, 1))
                    unsure.append(pair)
    roots = pd.Series({row: root(row) for row in table.index}, dtype=int)
    identifier = {row: _identifier(role, table.loc[row], names[row]) for row in roots.unique()}
    queue = pd.DataFrame(unsure, columns=["role", "left", "right", "score"])
    return roots.map(identifier), how, queue


def _alike(left: str, right: str, left_host: str, right_host: str) -> tuple[float, str]:
    """Score two names from 0 to 100 and say why."""
    if left == right:
        return 100.0, "same name"
    if left_host and left_host == right_host:
        return 100.0, "same web address"
    return fuzz.token_sort_ratio(left, right), "nearly the same name"


def _identifier(role: str, row: pd.Series, name: str) -> str:
    """Make an identifier that stays the same from run to run (uuid5); a response without a name gets its own."""
    key = f"{role}|{row['strand']}|{row['country_iso3']}|{name}" if name else f"{role}|{row['response']}"
    return str(uuid.uuid5(NAMESPACE, key))


def _services(table: pd.DataFrame, system: str) -> pd.DataFrame:
    """One row a service, after the first response that named it; shown by name only if a response allowed the map and none refused."""
    named = table[table["service_name"] != ""]
    grouped = named.groupby("service", sort=False)
    services = grouped.agg(
        organisation=("organisation", "first"),
        name=("service_name", "first"),
        country_iso3=("country_iso3", "first"),
        n_responses=("response", "size"),
        allowed=("on_map", lambda given: "yes" in set(given) and not set(given) - {"yes", "nan"}),
    )
    return services.reset_index().assign(strand=table["strand"].iloc[0], system=system)


def overview(registry: Registry, study: Study) -> pd.DataFrame:
    """Count responses, named services and unsure pairs by strand; a strand whose questionnaire names no service has none."""
    table = registry.links.groupby("strand", sort=False).agg(responses=("response", "size"))
    named = registry.services.groupby("strand") if len(registry.services) else None
    table["responses naming a service"] = named["n_responses"].sum() if named else 0
    table["services"] = named.size() if named else 0
    table["organisations"] = named["organisation"].nunique() if named else 0
    table["unsure pairs"] = registry.queue.groupby("strand").size()
    return table.fillna(0).astype(int)


def consent(registry: Registry, study: Study) -> pd.DataFrame:
    """Count services by kind of system and by whether their name may stand on the public map."""
    if registry.services.empty:
        return pd.DataFrame(columns=["services", "may_be_named"])
    grouped = registry.services.groupby("system", sort=False)
    return grouped.agg(services=("service", "size"), may_be_named=("allowed", "sum"))


def save(registry: Registry, study: Study) -> Path:
    """Write the registry under data/restricted/<study>/registry, whole or not at all."""
    target = study.restricted / "registry"
    with new_folder(target) as folder:
        for name in ("links", "services", "queue"):
            getattr(registry, name).to_parquet(folder / f"{name}.parquet")
    return target


def load(study: Study) -> Registry:
    """Read what `save` wrote."""
    return Registry(
        *(
            pd.read_parquet(study.restricted / "registry" / f"{name}.parquet")
            for name in ("links", "services", "queue")
        )
    )

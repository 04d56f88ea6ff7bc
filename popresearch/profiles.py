"""A country's profile from the release: what its answers carry, with its region and the world beside."""

from dataclasses import dataclass

import pandas as pd

from popresearch import charts, labels, reference, release
from popresearch.charts import Figure
from popresearch.disclosure import SHOWN
from popresearch.faults import bad_input
from popresearch.study import Study
from popresearch.wording import phrase

LARGEST = 3  # options a question


@dataclass(frozen=True, repr=False)
class Profile:
    """The parts of a profile, each a released table or a figure made from one."""

    country: str
    name: str
    region: str
    responses: pd.DataFrame
    largest: pd.DataFrame
    context: pd.DataFrame
    figures: dict[str, Figure]

    def _repr_markdown_(self) -> str:
        return f"### {self.name}\n\nRegion of UN M49: {self.region}."

    def __repr__(self) -> str:
        return f"Profile of {self.name}"


def profile(study: Study, country: str = "", *, language: str = "en") -> Profile:
    """Make the profile of a country (ISO 3166-1 alpha-3; blank: the one with most responses shown); an unknown code is bad input."""
    country = country or _most_answered(study)
    places = reference.countries()
    if country not in places.index:
        raise bad_input(
            f"country '{country}'",
            "is not an ISO 3166-1 alpha-3 code.",
            "Give three letters, for example KEN.",
        )
    region = places.at[country, "region"]
    carried = labels.labelled(
        _carried(release.table("estimates", study), study, country, region), study, language
    )
    name = places.at[country, f"name_{language}"]
    return Profile(
        country,
        name,
        reference.region_name(region, language),
        _responses(study, country, region, language),
        _largest(carried),
        _context(study, country),
        {topic: _figure(carried, study, topic, name, language) for topic in study.topics},
    )


def _figure(carried: pd.DataFrame, study: Study, topic: str, name: str, language: str) -> Figure:
    """One topic's chart; its title says where a mark stands for the region instead of the country."""
    rows = carried[carried["question"].isin(study.topics[topic].values())]
    places = " · ".join(dict.fromkeys(rows.sort_values("level")["place_label"])) or name
    return charts.dots(
        rows, study, language=language, title=f"{phrase(f'report_{topic}', language)}: {places}"
    )


def _most_answered(study: Study) -> str:
    coverage = release.table("coverage", study)
    shown = coverage[coverage["status"] == SHOWN]
    return (
        str(shown.loc[shown["responses"].astype(int).idxmax(), "place"])
        if len(shown)
        else str(coverage["place"].iloc[0])
    )


def _responses(study: Study, country: str, region: str, language: str) -> pd.DataFrame:
    counts = labels.labelled(release.table("responses", study), study, language)
    wanted = counts[counts["place"].isin([country, region, ""])]
    wide = wanted.pivot(index=["level", "place_label"], columns="strand", values="count").reindex(
        ["country", "region", "world"], level="level"
    )
    return wide[list(dict.fromkeys(counts["strand"]))].rename_axis(columns=None)


def _carried(estimates: pd.DataFrame, study: Study, country: str, region: str) -> pd.DataFrame:
    """The estimates of the shared topics: the country's where it carries them, else its region's."""
    questions = {(strand, question) for topic in study.topics.values() for strand, question in topic.items()}
    if not questions:
        questions = set(estimates[["strand", "question"]].itertuples(index=False, name=None))
    asked = pd.MultiIndex.from_frame(estimates[["strand", "question"]]).isin(questions)
    rows = estimates[
        asked & estimates["verdict"].isin(["show", "caution"]) & estimates["place"].isin([country, region])
    ]
    own = set(rows.loc[rows["level"] == "country", "question"])
    return rows[(rows["level"] == "country") | ((rows["level"] == "region") & ~rows["question"].isin(own))]


def _largest(carried: pd.DataFrame) -> pd.DataFrame:
    columns = [
        "level",
        "system_label",
        "question_label",
        "option_label",
        "base",
        "share",
        "low",
        "high",
        "verdict",
    ]
    top = (
        carried.sort_values("share", ascending=False, kind="stable")
        .groupby(["strand", "question"], sort=True)
        .head(LARGEST)
    )
    return (
        top.sort_values(["strand", "question", "share"], ascending=[True, True, False])[columns]
        .round(2)
        .reset_index(drop=True)
    )


def _context(study: Study, country: str) -> pd.DataFrame:
    """Population under 18 and internet use, as written in their sources, with year and vintage."""
    row = release.table("coverage", study).set_index("place").loc[country]
    rows = [
        ("population under 18", "{:,.0f}", row["population_under_18"], row["population_year"], ""),
        (
            "internet users",
            "{:.1f} %",
            row["internet_users_pct"],
            row["internet_year"],
            row["internet_vintage"],
        ),
    ]
    written = [
        (name, form.format(value), int(year), vintage)
        for name, form, value, year, vintage in rows
        if pd.notna(value)
    ]
    return pd.DataFrame(written, columns=["", "value", "year", "vintage"]).set_index("")

"""The simulation that chooses the interval: how often intervals that promise 95 % hold the truth, in answers like this survey's.

1,700 answers from 50 countries: 28 % of them from one, the others log-normal in size. The share of each country is drawn from a beta
distribution, so that two answers of a country correlate by 0.1, and its answers are binomial. The truth is the mean of that beta
distribution for every method: the share among all services like these, not among those who answered. Because size and share are
independent here, it is also what the equal-country mean aims at; of rare answers (0.1) in countries still more unequal that view
covers 91 of 100, not 95. Where one country of few dominates a region, the default is too wide rather than too narrow (99 of 100).
`python -m popresearch.simulation` makes data/reference/coverage.csv.
"""

import altair as alt
import numpy as np
import pandas as pd
from babel.numbers import format_decimal, format_percent
from scipy import stats

from popresearch import charts, files, reference
from popresearch.estimates import intervals, variance
from popresearch.estimates.proportions import across, jackknife, mean_of_countries
from popresearch.estimates.rows import Rows
from popresearch.faults import BadInput, Fault
from popresearch.labels import banner
from popresearch.study import Study
from popresearch.wording import phrase

COUNTRIES, ANSWERS = 50, 1_700
LARGEST = 0.28  # of the answers come from one country
LIKENESS = 0.1  # correlation of two answers of one country
SPREAD, WIDER_SPREAD = 1.0, 1.5  # standard deviation of the other countries' log size; in the sample, 0.8
SETTINGS = ((0.1, SPREAD), (0.3, SPREAD), (0.5, SPREAD), (0.3, WIDER_SPREAD))  # true share, spread
REPETITIONS, SEED = 20_000, 2022
FILE = "coverage.csv"


def coverage(repetitions: int, seed: int, share: float = 0.3, *, spread: float = SPREAD) -> pd.DataFrame:
    """Give for each method the share of its intervals that hold the truth, their mean width, and the Monte Carlo standard error."""
    _check(repetitions, share)
    rows = draw(repetitions, np.random.default_rng(seed), share, spread)
    table = pd.DataFrame(
        {
            "method": method,
            "covered": np.mean((low <= share) & (share <= high)),
            "mean_width": np.mean(high - low),
        }
        for method, (low, high) in by_method(rows).items()
    )
    error = np.sqrt(table["covered"] * (1 - table["covered"]) / repetitions)
    return table.assign(repetitions=repetitions, monte_carlo_error=error)


def sizes(spread: float = SPREAD) -> np.ndarray:
    """Give the answers of each country: the largest first, the others the evenly spaced quantiles of a log-normal, at least 1."""
    largest = round(ANSWERS * LARGEST)
    others = np.exp(spread * stats.norm.ppf(1 - (np.arange(COUNTRIES - 1) + 0.5) / (COUNTRIES - 1)))
    others = np.maximum(np.floor(others * (ANSWERS - largest) / others.sum()), 1).astype(int)
    others[: ANSWERS - largest - others.sum()] += 1  # what rounding down has left over
    return np.array([largest, *others])


def draw(repetitions: int, random: np.random.Generator, share: float, spread: float = SPREAD) -> Rows:
    """Draw the answers: a row a country, a column a repetition."""
    n = sizes(spread)
    concentration = (1 - LIKENESS) / LIKENESS
    shape = (COUNTRIES, repetitions)
    of_country = random.beta(share * concentration, (1 - share) * concentration, size=shape)
    y, w = random.binomial(n[:, None], of_country), np.broadcast_to(n[:, None], shape)
    return Rows(y, w, n, np.arange(COUNTRIES), np.array([0]), [""])


def by_method(rows: Rows) -> dict[str, intervals.Bounds]:
    """Bound each column's share by every method; "default" is what `estimates` gives for the world."""
    share, influence = variance.ratio(rows.y, rows.w)
    spread = variance.variance(influence, variance.Design.of(rows.country))
    _, of_jackknife, _, n = jackknife(rows)
    default, (_, low, high, _) = across(rows), mean_of_countries(rows)
    return {
        "wilson": intervals.wilson(share, rows.w.sum(axis=0)),
        "linearised": intervals.of_mean(
            share, spread, np.inf
        ),  # normal, as R's confint where nothing is said
        "jackknife": tuple(side[0] for side in intervals.logit(share, of_jackknife, n - 1, n)),
        "default": (default["low"][0], default["high"][0]),
        "countries": (low[0], high[0]),
    }


def record(repetitions: int = REPETITIONS) -> None:
    """Run every setting and write data/reference/coverage.csv; takes about half a minute."""
    tables = [
        coverage(repetitions, SEED, share, spread=spread).assign(share=share, spread=spread, seed=SEED)
        for share, spread in SETTINGS
    ]
    table = pd.concat(tables).set_index(["share", "spread", "method"]).round(5)
    files.write_text(reference.folder() / FILE, table.to_csv(lineterminator="\n"))


def recorded() -> pd.DataFrame:
    """Read the long run: a row a method and setting (true `share`, `spread` of the countries' sizes)."""
    table = reference.read(FILE)
    return table.astype({column: float for column in table if column != "method"})


def figure(study: Study, language: str = "en") -> charts.Figure:
    """Draw how often each method's intervals hold the truth in the long run, a mark a setting, beside the 95 % they promise."""
    drawn = recorded()
    drawn["method_label"] = [phrase(f"coverage_{method}", language) for method in drawn["method"]]
    pairs = zip(drawn["share"], drawn["spread"], strict=True)
    drawn["setting"] = [_setting(share, spread, language) for share, spread in pairs]
    text = _alternative(drawn, study, language)
    return charts.Figure(charts.svg(_dots(drawn, study, language), text), text, drawn)


def _check(repetitions: int, share: float) -> None:
    faults = []
    if repetitions < 1:
        faults.append(Fault("repetitions", f"{repetitions} is too few.", "Give at least 1."))
    if not 0 < share < 1:
        faults.append(Fault("share", f"{share} is no share that varies.", "Give a number between 0 and 1."))
    if faults:
        raise BadInput("the simulation", faults)


def _setting(share: float, spread: float, language: str) -> str:
    key = "coverage_setting" if spread == SPREAD else "coverage_setting_wider"
    return phrase(key, language, share=_percent(share, language))


def _dots(drawn: pd.DataFrame, study: Study, language: str) -> alt.LayerChart:
    columns = ["method_label", "shown", "covered"]
    drawn = drawn.assign(shown=[" ".join(charts.wrapped(setting, 200)) for setting in drawn["setting"]])
    settings = list(dict.fromkeys(drawn["shown"]))
    base = alt.Chart(alt.Data(values=drawn[columns].to_dict("records")))
    legend = alt.Legend(title=None, columns=2)
    row = alt.Y(
        "method_label:N",
        sort=list(dict.fromkeys(drawn["method_label"])),
        title=None,
        axis=alt.Axis(labelLimit=380, ticks=False, domain=False, labelPadding=8),
    )
    title = phrase("coverage_axis", language, promised=_percent(intervals.CONFIDENCE, language))
    axis = alt.Axis(
        format="%", values=[0, 0.25, 0.5, 0.75, 0.95], gridColor=charts.LINE, domain=False, ticks=False
    )
    across = alt.X("covered:Q", scale=alt.Scale(domain=[0, 1]), title=title, axis=axis)
    marks = base.mark_point(size=70, filled=True, opacity=1).encode(
        across,
        row,
        alt.YOffset("shown:N", scale=alt.Scale(domain=settings)),
        alt.Color("shown:N", scale=alt.Scale(domain=settings, range=charts.SYSTEM_COLOURS), legend=legend),
        alt.Shape("shown:N", scale=alt.Scale(domain=settings, range=charts.SYSTEM_SHAPES), legend=legend),
    )
    promised = alt.Chart(alt.Data(values=[{"promised": intervals.CONFIDENCE}]))
    line = promised.mark_rule(color=charts.INK, strokeDash=[4, 3], strokeWidth=1.5).encode(x="promised:Q")
    return alt.layer(line, marks).properties(
        width=charts.WIDTH, height=alt.Step(10), title=_heading(drawn, study, language)
    )


def _heading(drawn: pd.DataFrame, study: Study, language: str) -> alt.TitleParams:
    said = [banner(study, language)] if study.banner else []
    caption = phrase(
        "coverage_caption",
        language,
        answers=format_decimal(ANSWERS, locale=language),
        countries=format_decimal(COUNTRIES, locale=language),
        largest=_percent(LARGEST, language),
        likeness=format_decimal(LIKENESS, locale=language),
        repetitions=format_decimal(int(drawn["repetitions"].min()), locale=language),
    )
    caption = [*said, *charts.wrapped(caption, 118)]
    title = charts.wrapped(phrase("coverage_title", language), 80)
    return alt.TitleParams(title, subtitle=caption, anchor="start", frame="bounds")


def _alternative(drawn: pd.DataFrame, study: Study, language: str) -> str:
    """Say every number of the drawing: the settings in order once, then each method's coverage in that order."""
    listed = [
        f"{method}: {'; '.join(_percent(share, language) for share in rows['covered'])}."
        for method, rows in drawn.groupby("method_label", sort=False)
    ]
    said = banner(study, language)
    opening = [phrase("coverage_title", language), "; ".join(dict.fromkeys(drawn["setting"])) + "."]
    return " ".join([*opening, *listed, *([f"{said}."] if said else [])])


def _percent(share: float, language: str) -> str:
    return format_percent(round(share, 3), locale=language, decimal_quantization=False)


if __name__ == "__main__":
    record()

"""Each column of an export finds its question, or is named as unknown; what is only near is said, and never guessed."""

import dataclasses
import time
from pathlib import Path

import pandas as pd
import pytest
from small_study import csv_of, same, study_of, table

from popresearch import ingest, instrument, matching, platforms, study
from popresearch.faults import BadInput
from popresearch.instrument import LABELS, Instrument
from popresearch.texts import closest, normal, slip_of
from popresearch.versions import Versions

LANGUAGES = ["ar", "zh", "en", "fr", "ru", "es"]
AGE = {
    "ar": "كم عمرك الآن؟", "zh": "你多大了？", "en": "How old are you?", "fr": "Quel âge avez-vous ?",
    "ru": "Сколько вам лет?", "es": "¿Cuántos años tienes?",
}  # fmt: skip
POLL = """
    question | kind | option | label_en                      | label_fr
    age      | one  |        | How old are you?              | Quel âge avez-vous ?
    age      |      | young  | Under 18                      | Moins de 18 ans
    age      |      | old    | 18 or more                    | 18 ans ou plus
    ways     | many |        | Which ways do you use?        | Quels moyens utilisez-vous ?
    ways     |      | phone  | Phone                         | Téléphone
    ways     |      | chat   | Chat, in writing              | Discussion, par écrit
    ways     |      | other  | Other (please specify)        | Autre (précisez)
    main     | one  |        | Which is the main one?        | Lequel est le principal ?
    main     |      | phone  | Phone                         | Téléphone
    main     |      | chat   | Chat, in writing              | Discussion, par écrit
    main     |      | other  | Other (please specify)        | Autre (précisez)
    wish     | text |        | What would help?              | Qu'est-ce qui aiderait ?
"""


def form(text: str, folder: Path, groups: dict[str, str] | None = None) -> Instrument:
    """Make an instrument from questions on paper; `groups` are the English labels of groups."""
    path = folder / "codebook.csv"
    table(text).assign(strand="poll").to_csv(path, index=False)
    labelled = pd.DataFrame({"label_en": groups or {}}, dtype=str).reindex(columns=LABELS, fill_value="")
    return dataclasses.replace(instrument.read(path, "poll"), groups=labelled.rename_axis("group"))


def export_of(text: str, folder: Path, name: str = "answers.csv") -> platforms.Export:
    """Write an export on paper as it stands, one or more rows of heads, and read it."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    pd.DataFrame(lines).to_csv(folder / name, index=False, header=False)
    return platforms.read(folder / name)


def drawn(
    export: platforms.Export, asked: Instrument, versions: Versions | None = None
) -> list[tuple[str, ...]]:
    """Draw what became of the columns: (head, question, option, how); an unknown column has blanks."""
    matched = matching.match(export, asked, versions)
    lines = {number: (export.heads[number], "", "", "") for number in matched.unknown}
    for question, columns in matched.questions.items():
        for option, numbers in [("", columns.whole), *columns.options.items()]:
            for number in numbers:
                lines[number] = (export.heads[number], question, option, columns.how[number])
    return [lines[number] for number in sorted(lines)]


def on_paper(text: str) -> list[tuple[str, ...]]:
    return [tuple(line) for line in table(text).values.tolist()]


# By name and by label


def test_a_column_is_found_by_the_questions_name_and_an_option_by_its_code(tmp_path):
    export = export_of("""
        _id | _uuid | part/age | ways       | ways/phone | ways/chat | ways/other | part/wish | weather
        1   | u1    | young    | phone chat | 1          | 1         | 0          | dove      | fair
        2   | u2    | old      | chat       | 0          | 1         | 0          | kite      | foul
    """, tmp_path)  # fmt: skip
    assert export.platform == "kobo"
    assert drawn(export, form(POLL, tmp_path)) == on_paper("""
        head       | question | option | how
        part/age   | age      |        | name
        ways       | ways     |        | name
        ways/phone | ways     | phone  | name
        ways/chat  | ways     | chat   | name
        ways/other | ways     | other  | name
        part/wish  | wish     |        | name
        weather    |          |        |
    """)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_column_is_found_by_its_label_in_each_language(language, tmp_path):
    codebook = [
        {"question": "age", "kind": "number", "option": ""} | {f"label_{one}": AGE[one] for one in AGE}
    ]
    pd.DataFrame(codebook).assign(strand="poll").to_csv(tmp_path / "codebook.csv", index=False)
    asked = instrument.read(tmp_path / "codebook.csv", "poll")
    label = AGE[language]
    for head in (label, f"  {label.upper()} ", label.rstrip(" ?؟？"), label.replace(" ", "\u00a0")):
        rows = pd.DataFrame({"Timestamp": ["2026/01/02 9:00:00 AM GMT"], head: ["12"]})
        rows.to_csv(tmp_path / "answers.csv", index=False)
        export = platforms.read(tmp_path / "answers.csv")
        assert export.platform == "google_forms"
        assert drawn(export, asked) == [(head.strip(), "age", "", "label")]


def test_microsoft_forms_writes_a_digit_behind_a_repeated_label_and_a_number_of_ones_own_is_none(tmp_path):
    asked = form("""
        question | kind | option | label_en
        ways_1   | text |        | Which is the main one?
        ways_2   | text |        | Which is the main one?
        reason   | text |        | Reason
    """, tmp_path)  # fmt: skip
    export = export_of("""
        ID | Start time     | Completion time | Email     | Name | Which is the main one? | Which is the main one?2 | Reason 7
        1  | 1/2/26 9:00:00 | 1/2/26 9:01:00  | anonymous |      | phone                  | chat                    | dove
    """, tmp_path)  # fmt: skip
    assert export.platform == "microsoft_forms"
    assert drawn(export, asked) == on_paper("""
        head                    | question | option | how
        Which is the main one?  | ways_1   |        | label
        Which is the main one?2 | ways_2   |        | label
        Reason 7                |          |        |
    """)


# Close labels


@pytest.mark.parametrize(
    ("text", "known", "found"),
    table("""
        text                                    | known                                            | found
        Which chanels do you use?               | Which channels do you use?                       | yes
        Which channels  do you use              | Which channels do you use?                       | yes
        What do chidren call about most often   | What do children call about most often           | yes
        Which organization runs the service     | Which organisation runs the service              | yes
        Quels canaux utilisez vous aujourd’hui  | Quels canaux utilisez-vous aujourd'hui           | yes
        How many calls were there in 2023?      | How many calls were there in 2024?               | no
        How many calls in the past 12 months?   | How many calls in the past 2 months?             | no
        Is the service open at the weekend      | Is the service not open at the weekend           | no
        Does your service record all the calls  | Doesn't your service record all the calls        | no
        Which topics are named more often now   | Which topics are named less often now            | no
        Quels sujets sont plus nommés qu'avant  | Quels sujets sont moins nommés qu'avant          | no
        Эта услуга доступна детям ночью         | Эта услуга не доступна детям ночью               | no
        Are children safe at home in your town  | Are children unsafe at home in your town         | no
        Эта услуга безопасна для детей ночью    | Эта услуга небезопасна для детей ночью           | no
        How many men call you in each month     | How many women call you in each month            | no
        How many boys wrote to you in a month   | How many girls wrote to you in a month           | no
        Who answers in the first of the weeks   | Who answers in the first of the meeks            | yes
        What was done in step one of the call   | What was done in step two of the call            | no
        Which ways does option A of it offer    | Which ways does option B of it offer             | no
        有多少男孩使用这项服务寻求过帮助        | 有多少女孩使用这项服务寻求过帮助                 | no
        Country?                                | County?                                          | no
    """).values.tolist(),
)  # fmt: skip
def test_a_text_is_close_where_only_a_slip_tells_it_from_another(text, known, found):
    far = "something else that nobody would ever take for it"
    best, score = closest(normal(text), [far, normal(known)])
    assert (best, score > 91) == ((normal(known), True) if found == "yes" else ("", False))


def test_two_texts_that_are_equally_near_are_none():
    assert closest(
        "how many calls came at nigth", ["how many calls came at night", "how many balls came at night"]
    ) == ("", 0)


def test_a_close_label_is_read_and_said_and_one_that_differs_in_meaning_is_unknown(tmp_path):
    codebook = """
        question | kind   | option | label_en
        calls    | number |        | How many calls did you answer last year?
        missed   | number |        | How many calls were not answered by anybody?
    """
    export = """
        Timestamp                 | How many cals did you answer last year? | How many calls were answered by anybody?
        2026/01/02 9:00:00 AM GMT | 12                                      | 7
    """
    asked = form(codebook, tmp_path)
    assert drawn(export_of(export, tmp_path), asked) == on_paper("""
        head                                     | question | option | how
        How many cals did you answer last year?  | calls    |        | close label (99 of 100)
        How many calls were answered by anybody? |          |        |
    """)
    read = ingest.ingest(study_of(tmp_path / "answers.csv", codebook=tmp_path / "codebook.csv", roles={}))
    said = ingest.account(read)
    assert (
        "column 'How many cals did you answer last year?' is read as question 'calls', by close label (99 of 100)"
        in said
    )
    assert "column 'How many calls were answered by anybody?' is unknown to the instrument" in said
    assert same(read.responses["poll"], "calls\n12")


def test_a_close_label_goes_to_no_other_question_because_the_nearest_has_its_column(tmp_path):
    asked = form("""
        question | kind | option | label_en
        first    | text |        | What did your adviser do
        second   | text |        | What did your advisers do
        third    | text |        | Where do you turn then
    """, tmp_path)  # fmt: skip
    export = export_of("""
        Timestamp | What did your adviser do | What did yur adviser do | Where do you turrn then | Where do you turnn then
        1/2/2026  | a                        | b                       | c                     | d
    """, tmp_path)  # fmt: skip
    assert [(question, how[:11]) for _, question, _, how in drawn(export, asked)] == [
        ("first", "label"), ("", ""), ("third", "close label"), ("", ""),
    ]  # fmt: skip


def test_a_close_label_of_two_questions_is_unknown(tmp_path):
    asked = form("""
        question | kind | option | label_en
        first    | text |        | Which of these is the main one?
        second   | text |        | Which of these is the main one?
    """, tmp_path)  # fmt: skip
    export = export_of("Timestamp | Which of thse is the main one?\n2026/01/02 9:00:00 AM GMT | a", tmp_path)
    assert drawn(export, asked) == [("Which of thse is the main one?", "", "", "")]


# Options in columns


def test_limesurvey_options_by_code_and_one_that_is_unknown_is_not_the_whole_answer(tmp_path):
    export = export_of("""
        id | submitdate          | lastpage | startlanguage | ways[fax] | ways[phone] | ways[other] | main  | main[other]
        1  | 2026-01-02 10:00:00 | 3        | en            | Y         | Y           | dove        | phone |
        2  | 2026-01-02 10:01:00 | 3        | en            |           | Y           |             | -oth- | kite
    """, tmp_path)  # fmt: skip
    assert export.platform == "limesurvey"
    assert drawn(export, form(POLL, tmp_path)) == on_paper("""
        head        | question | option | how
        ways[fax]   |          |        |
        ways[phone] | ways     | phone  | name
        ways[other] | ways     | other  | name
        main        | main     |        | name
        main[other] | main     | other  | name
    """)
    read = ingest.ingest(study_of(tmp_path / "answers.csv", codebook=tmp_path / "codebook.csv", roles={}))
    assert same(read.responses["poll"], """
        file_row | ways/phone | ways/chat | ways/other | main  | main.state
        2        | 1          | 0         | 1          | phone | answered
        3        | 1          | 0         | 0          | other | answered
    """)  # fmt: skip
    assert sorted(read.texts[["question", "text"]].itertuples(index=False, name=None)) == [
        ("main.other", "kite"), ("ways.other", "dove"),
    ]  # fmt: skip
    assert list(read.unknown.values())[0].iloc[:, 0].tolist() == ["Y", ""]


SURVEYMONKEY = """
    Respondent ID | Start Date | Which ways do you use? |     |                        | Which is the main one? |       | What would help?
                  |            | Phone                  | Fax | Other (please specify) | Response               | Other | Antwort
    118           | 04/02/2026 | Phone                  |     | dove                   | Phone                  |       | rain
    119           | 05/02/2026 | Phone                  | Fax |                        |                        | kite  | sun
"""


def test_surveymonkey_options_by_label_and_the_stem_of_an_unknown_one_is_not_its_question(tmp_path):
    export = export_of(SURVEYMONKEY, tmp_path)
    assert export.platform == "surveymonkey"
    assert drawn(export, form(POLL, tmp_path)) == on_paper("""
        head                                            | question | option | how
        Which ways do you use? [Phone]                  | ways     | phone  | label
        Which ways do you use? [Fax]                    |          |        |
        Which ways do you use? [Other (please specify)] | ways     | other  | label
        Which is the main one?                          | main     |        | label
        Which is the main one? [Other]                  | main     | other  | label
        What would help?                                | wish     |        | label
    """)
    read = ingest.ingest(study_of(tmp_path / "answers.csv", codebook=tmp_path / "codebook.csv", roles={}))
    assert same(read.responses["poll"], """
        file_row | ways/phone | ways/other | main  | ways.state | main.state
        3        | 1          | 1          | phone | answered   | answered
        4        | 1          | 0          | other | answered   | answered
    """)  # fmt: skip


QUALTRICS = {
    "StartDate": ("Start Date", "2026-01-02 10:00:00", "2026-01-02 10:09:00"),
    "ResponseId": ("Response ID", "R_1", "R_2"),
    "{q}_1": ("Which ways do you use? - Selected Choice - Phone", "Phone", "Phone"),
    "{q}_5": (
        "Which ways do you use? - Selected Choice - Other (please specify)",
        "Other (please specify)",
        "",
    ),
    "{q}_5_TEXT": ("Which ways do you use? - Other (please specify) - Text", "dove", ""),
}


@pytest.mark.parametrize(("code", "option", "how"), [("Q1", "other", "label"), ("ways", "5", "name")])
def test_qualtrics_tick_and_text_of_one_option_belong_together(code, option, how, tmp_path):
    path = tmp_path / "answers.csv"
    heads = [head.format(q=code) for head in QUALTRICS]
    texts, *answers = zip(*QUALTRICS.values(), strict=True)
    marks = [f'{{"ImportId":"{head}"}}' for head in heads]
    pd.DataFrame([heads, texts, marks, *answers]).to_csv(path, index=False, header=False)
    codebook = POLL.replace("other  |", f"{option:6} |") if how == "name" else POLL
    codebook = codebook.replace("phone  |", "1      |") if how == "name" else codebook
    export = platforms.read(path)
    assert export.platform == "qualtrics"
    found = drawn(export, form(codebook, tmp_path))
    phone = "1" if how == "name" else "phone"
    assert found == [
        (f"{code}_1", "ways", phone, how), (f"{code}_5", "ways", option, how), (f"{code}_5_TEXT", "ways", option, how),
    ]  # fmt: skip
    read = ingest.ingest(study_of(path, codebook=tmp_path / "codebook.csv", roles={}))
    assert read.responses["poll"][f"ways/{option}"].tolist() == [True, False]
    assert read.texts["text"].tolist() == ["dove"]


@pytest.mark.parametrize(("label", "is_other"), table("""
    label                              | is_other
    Other                              | yes
    Others:                            | yes
    Other (please specify)             | yes
    Other, please say which            | yes
    Other please specify               | yes
    Autre (précisez)                   | yes
    Otro: ¿cuál?                       | yes
    Другое                             | yes
    其他（请说明）                     | yes
    غير ذلك                            | yes
    أخرى                               | yes
    Sonstiges                          | yes
    Other family member                | no
    Друг семьи                         | no
    Autres enfants de la famille       | no
    其他家人                           | no
    Otherwise engaged                  | no
""").values.tolist())  # fmt: skip
def test_other_is_an_option_that_takes_a_text_and_no_other_child_or_friend(label, is_other, tmp_path):
    asked = form(f"""
        question | kind | option | label_en
        who      | one  |        | Who helped?
        who      |      | mother | Mother
        who      |      | x      | {label}
    """, tmp_path)  # fmt: skip
    assert matching.other_option(asked, "who") == ("x" if is_other == "yes" else "")


# Matrices

MATRIX = """
    question  | kind | parent | label_en
    safe_home | text | safe   | At home
    safe_club | text | safe   | At the club
    time_home | text | time   | At home
    time_club | text | time   | At the club
"""
GROUPS = {"safe": "How safe is it?", "time": "How long are you there?"}
IN_MATRIX = ["safe_home", "safe_club", "time_home", "time_club"]


@pytest.mark.parametrize("order", [["time", "safe"], ["safe", "time"]])
def test_google_and_plain_rows_of_two_matrices_are_told_apart_by_the_label_of_their_group(order, tmp_path):
    asked = form(MATRIX.replace("kind |", "kind | option |").replace("text |", "text | |"), tmp_path, GROUPS)
    stems = [GROUPS[name] for name in order]
    heads = [f"{stem} [{row}]" for stem in stems for row in ("At home", "At the club")]
    for first in (["Timestamp"], []):
        rows = pd.DataFrame(
            [["2026/01/02 9:00:00 AM GMT"][: len(first)] + ["a", "b", "c", "d"]], columns=first + heads
        )
        rows.to_csv(tmp_path / "answers.csv", index=False)
        found = drawn(platforms.read(tmp_path / "answers.csv"), asked)
        assert [question for _, question, *_ in found] == [
            f"{name}_{row}" for name in order for row in ("home", "club")
        ]
        assert {how for *_, how in found} == {"label, in a matrix"}


def test_surveymonkey_rows_of_two_matrices_in_two_rows_of_heads(tmp_path):
    asked = form(MATRIX.replace("kind |", "kind | option |").replace("text |", "text | |"), tmp_path, GROUPS)
    export = export_of("""
        Respondent ID | Collector ID | How long are you there? |             | How safe is it? |             | How nice is it? |
                      |              | At home                 | At the club | At home         | At the club | At home         | At the club
        118           | 4            | a                       | b           | c               | d           | e               | f
    """, tmp_path)  # fmt: skip
    assert [question for _, question, *_ in drawn(export, asked)] == [
        "time_home", "time_club", "safe_home", "safe_club", "", "",
    ]  # fmt: skip


def test_the_row_of_a_matrix_that_is_not_asked_is_not_read_as_that_of_another(tmp_path):
    asked = form("""
        question  | kind | option | parent | label_en
        safe_home | text |        | safe   | At home
        safe_club | text |        | safe   | At the club
    """, tmp_path, GROUPS)  # fmt: skip
    export = export_of("""
        Timestamp | How nice is it? [At home] | How nice is it? [At the club] | How safe is it? [At home] | How safe is it? [At the club]
        1/2/2026  | a                         | b                             | c                         | d
    """, tmp_path)  # fmt: skip
    assert [question for _, question, *_ in drawn(export, asked)] == ["", "", "safe_home", "safe_club"]


def test_rows_of_a_matrix_by_name_on_limesurvey_and_kobo(tmp_path):
    asked = form("""
        question   | kind | option | label_en
        Q2[SQ001]  | text |        | At home
        Q2_SQ002   | text |        | At the club
        plan/home  | text |        | Plan at home
        plan_club  | text |        | Plan at the club
    """, tmp_path)  # fmt: skip
    lime = export_of("""
        id | submitdate          | lastpage | startlanguage | Q2[SQ001] | Q2[SQ002] | Q2[SQ003]
        1  | 2026-01-02 10:00:00 | 3        | en            | a         | b         | c
    """, tmp_path)  # fmt: skip
    assert [question for _, question, *_ in drawn(lime, asked)] == ["Q2[SQ001]", "Q2_SQ002", ""]
    kobo = export_of("_id | _uuid | plan/home | plan/club\n1 | u | a | b", tmp_path)
    assert [question for _, question, *_ in drawn(kobo, asked)] == ["plan/home", "plan_club"]


# Earlier versions, all the way through ingest


HEAD = "strand,change,was,was_option,question,option,since,reason"


def with_versions(text: str, changes: str, folder: Path) -> ingest.Ingested:
    """Ingest answers on paper with the lines of a table of versions."""
    form(POLL, folder)
    (folder / "versions.csv").write_text(changes, encoding="utf-8")
    export_of(text, folder)
    return ingest.ingest(study_of(folder / "answers.csv", codebook=folder / "codebook.csv", roles={}))


def test_what_an_earlier_version_asked_is_read_and_said_and_variants_must_not_differ(tmp_path):
    """The table as spreadsheets save it: with a mark of its encoding, rows of nothing but commas, and rows cut short."""
    lines = [
        "\ufeff" + HEAD,
        ",,,,,,,",
        "poll, variant ,age_de,, age,,,",
        "poll,variant,age_nl,,age",
        "poll,reworded,Hopes?,,wish,,,",
        ",,,,,,,",
    ]
    found = with_versions("""
        age_de   | age_nl          | Hopes? | weather
        Under 18 |                 | rain   | fair
                 | 18 ans ou plus  | sun    | foul
        Under 18 | old             | wind   | foul
    """, "\r\n".join(lines), tmp_path)  # fmt: skip
    assert same(found.responses["poll"], "age | age.state\nyoung | answered\nold | answered\n | unreadable")
    assert found.quarantine[["row", "question", "reason"]].to_numpy().tolist() == [
        [4, "age", "answered in two variants"]
    ]
    assert found.texts["text"].tolist() == ["rain", "sun", "wind"]
    said = ingest.account(found)
    for head, question in (("age_de", "age"), ("age_nl", "age"), ("Hopes?", "wish")):
        assert f"column '{head}' is read as question '{question}', by an earlier version" in said
    assert "column 'weather' is unknown to the instrument" in said


@pytest.mark.parametrize(("lines", "faults"), [
    (HEAD.replace(",", ";") + "\npoll;renamed;a;;age;;;", ["is not separated by commas."]),
    (f"{HEAD}\npoll,option,a,1,age,young,,\n,,,,,,,\npoll,option,a,1,age,old,,",
     ["leads the option '1' to 'old', and an earlier line to 'young'."]),
    (f"{HEAD}\npoll,option,age,1,age,,,\npol,renamed,a,,age,,,", ["the option '' is not known.",
     "the strand 'pol' is not known. Did you mean 'poll'?"]),
])  # fmt: skip
def test_a_table_of_versions_that_cannot_be_meant_is_refused(lines, faults, tmp_path):
    with pytest.raises(BadInput) as error:
        with_versions("age\nyoung", lines, tmp_path)
    assert [fault.what for fault in error.value.faults] == faults
    assert all(fault.remedy for fault in error.value.faults)


PLAN = """
title = { en = "Tiny" }
source = "mine"
languages = ["en"]
[sources]
mine = "exports"
[strands.poll]
instrument = "v2.csv"
earlier = ["v1.csv"]
files = ["poll*.csv"]
"""


@pytest.mark.parametrize("is_named", [True, False])
def test_a_question_that_is_no_longer_asked_lands_in_its_own_column(is_named, tmp_path, monkeypatch):
    monkeypatch.setattr("popresearch.study.ROOT", tmp_path)
    folder = tmp_path / "data" / "tiny"
    (folder / "exports").mkdir(parents=True)
    pet = "pet | one | | Your pet? | Votre animal ?\npet | | cat | Cat | Chat\npet | | dog | Dog | Chien"
    for name, text in (("v1.csv", POLL.strip() + "\n" + pet), ("v2.csv", POLL)):
        table(text).assign(strand="poll").to_csv(folder / name, index=False)
    (folder / "study.toml").write_text(PLAN if is_named else PLAN.replace("earlier =", "#"))
    csv_of("age | Your pet?\nyoung | Dog\nold | cat", folder / "exports" / "poll_1.csv")
    csv_of("age\nold", folder / "exports" / "poll_2.csv")
    found = ingest.ingest(study.load("tiny"))
    assert same(
        found.responses["poll"],
        "age | pet\nyoung | dog\nold | cat\nold |" if is_named else "age\nyoung\nold\nold",
    )
    assert ("is unknown to the instrument" in ingest.account(found)) != is_named


# Answers of several options in one cell


def test_an_option_that_holds_the_separator_is_kept_whole():
    known = {normal(text): (text, "") for text in ("Phone", "Chat, in writing", "in writing")}
    assert matching.split("Phone, Chat, in writing, in writing", ", ", known) == [
        "Phone",
        "Chat, in writing",
        "in writing",
    ]


# Size


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_twenty_thousand_texts_are_held_against_forty_options_in_seconds():
    options = [f"we offer help of kind {number} to children and families" for number in range(40)]
    texts = [f"somebody wrote a longer text of {number} words about how it went" for number in range(20_000)]
    assert seconds(lambda: [slip_of(text, options) for text in texts]) < 10


def test_two_thousand_columns_find_their_place_among_five_hundred_questions_in_seconds(tmp_path):
    rows = [{"question": f"q{n}", "kind": "text", "option": "", "label_en": f"What do people in place {n} say of the help they get?",
             "label_fr": f"Que disent les gens du lieu {n} de l'aide reçue ?"} for n in range(450)]  # fmt: skip
    for n in range(50):
        rows.append(
            {"question": f"m{n}", "kind": "many", "option": "", "label_en": f"Which of these in place {n}?"}
        )
        rows += [
            {"question": f"m{n}", "kind": "", "option": f"o{option}", "label_en": f"Way {option}"}
            for option in range(20)
        ]
        rows.append({"question": f"m{n}", "kind": "", "option": "other", "label_en": "Other"})
    pd.DataFrame(rows).fillna("").assign(strand="poll").to_csv(tmp_path / "codebook.csv", index=False)
    asked = instrument.read(tmp_path / "codebook.csv", "poll")
    heads = [f"What do people in place {n} say of the hlep they got, if they get any?" for n in range(1000)]
    heads += [f"m{n}/o{option}" for n in range(50) for option in range(20)]
    pd.DataFrame([["1"] * 2002], columns=["_id", "_uuid", *heads]).to_csv(
        tmp_path / "answers.csv", index=False
    )
    export = platforms.read(tmp_path / "answers.csv")
    assert seconds(lambda: matching.match(export, asked)) < 10


def test_a_cell_of_ten_thousand_parts_does_not_hold_up_the_others():
    known = {normal(text): (text, "") for text in ("Phone", "Chat, in writing")}
    assert seconds(lambda: matching.split(", ".join(["dove"] * 10_000), ", ", known)) < 2

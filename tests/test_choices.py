"""Options come back as they were chosen: from any layout, in any language, as text or as columns, with what was written beside them."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_study import csv_of, same, study_of, table

from popresearch import answers, ingest, instrument, matching, platforms
from popresearch.readings import DISAGREE, Read
from popresearch.texts import normal

BOOK = """
    strand | question | kind | option | label_en               | label_fr              | label_ar            | label_zh
    poll   | ways     | many |        | Which ways?            | Quels moyens ?        | ما هي الوسائل؟      | 哪些方式？
    poll   | ways     |      | phone  | Phone                  | Téléphone             | الهاتف              | 电话
    poll   | ways     |      | chat   | Chat                   | Discussion            | الدردشة             | 聊天
    poll   | ways     |      | room   | Chat, in writing       | Discussion, par écrit | الدردشة، كتابةً     | 聊天，书面
    poll   | ways     |      | post   | Letters; cards         | Lettres ; cartes      | رسائل؛ بطاقات       | 信件；卡片
    poll   | ways     |      | other  | Other, please specify  | Autre, précisez       | أخرى                | 其他
    poll   | best     | one  |        | Which is best?         | Lequel ?              | أيها أفضل؟          | 哪个最好？
    poll   | best     |      | phone  | Phone                  | Téléphone             | الهاتف              | 电话
    poll   | best     |      | other  | Other (please specify) | Autre                 | أخرى                | 其他
    poll   | mood     | many |        | How was it?            | C'était comment ?     | كيف كان؟            | 怎么样？
    poll   | mood     |      | good   | Good                   | Bien                  | جيد                 | 好
    poll   | mood     |      | slow   | Slow                   | Lent                  | بطيء                | 慢
    poll   | order    | rank |        | In which order?        | Dans quel ordre ?     | بأي ترتيب؟          | 什么顺序？
    poll   | order    |      | phone  | Phone                  | Téléphone             | الهاتف              | 电话
    poll   | order    |      | chat   | Chat                   | Discussion            | الدردشة             | 聊天
    poll   | order    |      | post   | Letters; cards         | Lettres ; cartes      | رسائل؛ بطاقات       | 信件；卡片
"""
FORMS = ["ID", "Start time", "Completion time", "Email", "Name"]
FORMS_ROW = ["1", "1/2/26 10:00:00", "1/2/26 10:01:00", "anonymous", ""]
# platform → its heads and cells left and right of the questions
FRAMES = {
    "microsoft_forms": ((FORMS, FORMS_ROW), ([], [])),
    "google_forms": ((["Timestamp"], ["2022/03/14 3:12:45 PM"]), ([], [])),
    "surveymonkey": ((["Respondent ID"], ["7"]), ([], [])),
    "typeform": ((["#"], ["a7"]), (["Submit Date (UTC)", "Network ID"], ["2026-01-02", "3f"])),
    "kobo": (([], []), (["_id", "_uuid"], ["7", "u"])),
    "odk": ((["SubmissionDate"], ["2026-01-02"]), (["KEY"], ["uuid:1"])),
    "limesurvey": ((["id", "lastpage", "startlanguage"], ["7", "3", "en"]), ([], [])),
    "table": (([], []), (["last"], ["1"])),
}


def codebook(folder: Path, text: str = BOOK) -> instrument.Instrument:
    table(text).to_csv(folder / "codebook.csv", index=False)
    return instrument.read(folder / "codebook.csv", "poll")


def export_of(platform: str, heads: list[str], rows: list[list[str]], folder: Path) -> platforms.Export:
    """Write answers as a platform exports them, and read them."""
    (left, left_row), (right, right_row) = FRAMES[platform]
    cells = [[*left_row, *row, *right_row] for row in rows]
    pd.DataFrame(cells, columns=[*left, *heads, *right]).to_csv(folder / "answers.csv", index=False)
    export = platforms.read(folder / "answers.csv")
    assert export.platform == platform
    return export


def reading(question: str, export: platforms.Export, asked: instrument.Instrument) -> Read:
    columns = matching.match(export, asked).questions[question]
    return answers.read(export, columns, asked, next(export.batches()))


def read(platform: str, question: str, cells: list[str], folder: Path, *, head: str = "") -> Read:
    """Read one column in a platform's layout."""
    asked = codebook(folder)
    head = head or (
        question
        if platform in ("kobo", "odk", "table", "limesurvey")
        else asked.questions.at[question, "label_en"]
    )
    return reading(question, export_of(platform, [head], [[cell] for cell in cells], folder), asked)


def drawn(platform: str, question: str, text: str, folder: Path) -> Read:
    """Read several columns, drawn on paper, in a platform's layout."""
    paper = table(text)
    asked = codebook(folder)
    return reading(question, export_of(platform, list(paper), paper.to_numpy().tolist(), folder), asked)


def both(found: Read) -> list[str]:
    """The values, with ! where the cell could not be read."""
    return ["!" if is_faulty else value for is_faulty, value in zip(found.faulty, found.values, strict=True)]


# 1. Options by code and by label, and what holds the separator


@pytest.mark.parametrize(
    ("platform", "cell", "codes"),
    table("""
        platform        | cell                                            | codes
        google_forms    | Phone, Chat                                     | phone chat
        google_forms    | Chat, in writing                                | room
        google_forms    | Chat, Chat, in writing                          | chat room
        google_forms    | Chat, in writing, Chat                          | room chat
        google_forms    | Chat, in writing, Letters; cards, Phone         | room post phone
        google_forms    | Discussion, par écrit, Lettres ; cartes         | room post
        google_forms    | CHAT,  in  writing                              | room
        google_forms    | phone, room                                     | phone room
        google_forms    | الهاتف, الدردشة، كتابةً                         | phone room
        google_forms    | 电话, 聊天，书面                                | phone room
        microsoft_forms | Letters; cards;                                 | post
        microsoft_forms | Phone;Letters; cards;Chat, in writing;          | phone post room
        microsoft_forms | Chat;Chat, in writing;                          | chat room
        microsoft_forms | Lettres ; cartes;Téléphone;                     | post phone
        microsoft_forms | 信件；卡片;电话;                                | post phone
        microsoft_forms | رسائل؛ بطاقات;الهاتف;                           | post phone
        surveymonkey    | Phone, Chat, in writing                         | phone room
        typeform        | Phone, Chat, in writing                         | phone room
        kobo            | phone room                                      | phone room
        kobo            | Phone Chat, in writing Letters; cards           | phone room post
        odk             | phone room                                      | phone room
        limesurvey      | Phone, Chat, in writing                         | phone room
        table           | Phone; Letters; cards; Chat, in writing         | phone post room
    """).values.tolist(),
)
def test_an_option_that_holds_the_separator_or_begins_like_another_is_read_whole(
    platform, cell, codes, tmp_path
):
    found = read(platform, "ways", [cell], tmp_path)
    assert (both(found), found.has("other")) == ([codes], False)


# 2. "Other, please specify"


@pytest.mark.parametrize(
    ("platform", "cell", "codes", "text"),
    table("""
        platform        | cell                                | codes       | text
        google_forms    | Phone, By pigeon                    | phone other | By pigeon
        google_forms    | By pigeon                           | other       | By pigeon
        google_forms    | Other, please specify               | other       |
        google_forms    | Phone, Other, please specify        | phone other |
        google_forms    | Chat, in writing, by pigeon, slowly | room other  | by pigeon, slowly
        google_forms    | Chat, in wrting                     | !           |
        google_forms    | Other, please spcify                | !           |
        microsoft_forms | Phone;By pigeon;                    | phone other | By pigeon
        microsoft_forms | Phone;By pigeon;Chat;or by owl;     | phone other chat | By pigeon;or by owl
        microsoft_forms | Phone;Lettrs; cards;                | !           |
        surveymonkey    | Phone, By pigeon                    | phone other | By pigeon
        typeform        | Phone, 信鸽                         | phone other | 信鸽
        kobo            | phone pigeon                        | !           |
        odk             | phone pigeon                        | !           |
        limesurvey      | Phone, By pigeon                    | !           |
    """).values.tolist(),
)
def test_where_people_write_among_the_options_their_text_is_other_and_kept_but_a_slip_is_not(
    platform, cell, codes, text, tmp_path
):
    found = read(platform, "ways", [cell], tmp_path)
    assert both(found) == [codes]
    assert found.part("other").tolist() == [text]


@pytest.mark.parametrize("platform", ["google_forms", "microsoft_forms", "surveymonkey", "typeform"])
def test_without_an_option_for_it_a_text_is_no_option(platform, tmp_path):
    found = read(platform, "mood", ["Good", "Strange"], tmp_path)
    assert both(found) == ["good", "!"]
    assert [fault for fault, _ in found.unread.values()] == ["not an option"]


@pytest.mark.parametrize("platform", ["google_forms", "microsoft_forms", "surveymonkey", "typeform"])
def test_a_single_choice_takes_a_text_whole_with_all_its_separators(platform, tmp_path):
    found = read(
        platform,
        "best",
        ["Phone", "By pigeon, or; by owl", "Other (please specify)", "Autre", "Phones"],
        tmp_path,
    )
    assert both(found) == ["phone", "other", "other", "other", "!"]
    assert found.part("other").tolist() == ["", "By pigeon, or; by owl", "", "", ""]


def test_the_text_in_the_column_of_other_is_kept_even_if_everyone_wrote_the_same(tmp_path):
    for text in ("By pigeon", "1 pigeon"):
        found = drawn("limesurvey", "ways", f"ways[phone] | ways[other]\nY | {text}", tmp_path)
        assert (both(found), found.part("other").tolist()) == (["phone other"], [text])


def test_the_text_in_the_column_of_other_ticks_it(tmp_path):
    found = drawn("limesurvey", "ways", """
        ways[phone] | ways[chat] | ways[other]
        Y           |            | By pigeon
                    | Y          |
                    |            | By owl
                    |            |
        N           | N          |
    """, tmp_path)  # fmt: skip
    assert both(found) == ["phone other", "chat", "other", "", "-"]
    assert found.part("other").tolist() == ["By pigeon", "", "By owl", "", ""]


def test_a_text_beside_a_single_choice_is_kept_with_it(tmp_path):
    found = drawn(
        "limesurvey", "best", "best | best[other]\n-oth- | By pigeon\nphone |\n | By owl\nother | ", tmp_path
    )
    assert both(found)[1:] == ["phone", "other", "other"]
    assert found.part("other").tolist()[2] == "By owl"


def test_what_was_written_behind_other_is_stored_as_a_text_of_its_own(tmp_path):
    codebook(tmp_path)
    path = tmp_path / "answers.csv"
    rows = [["t", "Phone, By pigeon", "By owl, slowly"], ["t", "Chat", "Phone"]]
    pd.DataFrame(rows, columns=["Timestamp", "Which ways?", "Which is best?"]).to_csv(path, index=False)
    found = ingest.ingest(study_of(path, codebook=tmp_path / "codebook.csv", roles={}))
    said = found.texts[["question", "text"]].to_numpy().tolist()
    assert said == [["ways.other", "By pigeon"], ["best.other", "By owl, slowly"]]
    assert same(
        found.responses["poll"],
        "ways/phone | ways/chat | ways/other | best\n1 | 0 | 1 | other\n0 | 1 | 0 | phone",
    )


# 3. Choose-many as text and as columns


SIDE_BY_SIDE = """
    ways       | ways/phone | ways/chat | read_as
    phone chat | 1          | 1         | phone chat
    chat phone | True       | TRUE      | chat phone
    phone      | 1          | 0         | phone
    phone      | 1          | 1         | !
    phone      | 0          | 0         | !
    phone      | 0          | 1         | !
               | 1          | 0         | !
               | 0          | 0         |
               |            |           |
    phone      |            |           | phone
    phone room | 1          | 0         | !
    phone      | maybe      | 0         | !
    pigeon     | 1          | 0         | !
"""


def test_text_and_columns_agree_or_the_answer_is_unreadable(tmp_path):
    paper = table(SIDE_BY_SIDE)
    expected = paper.pop("read_as").tolist()
    rows = "\n".join(" | ".join(row) for row in [list(paper), *paper.to_numpy().tolist()])
    found = drawn("kobo", "ways", rows, tmp_path)
    assert both(found) == expected
    assert {found.unread[row][0] for row in (5, 6, 7, 8, 12)} == {DISAGREE}


@pytest.mark.parametrize(("head", "cells"), [("ways", ["phone", ""]), ("ways/phone", ["1", ""])])
def test_text_or_columns_alone_are_enough(head, cells, tmp_path):
    asked = codebook(tmp_path)
    heads, rows = (
        ([head], [[cell] for cell in cells])
        if head == "ways"
        else ([head, "ways/chat"], [[cell, ""] for cell in cells])
    )
    assert both(reading("ways", export_of("kobo", heads, rows, tmp_path), asked)) == ["phone", ""]


def ingested(folder: Path, text: str) -> ingest.Ingested:
    codebook(folder)
    return ingest.ingest(
        study_of(csv_of(text, folder / "answers.csv"), codebook=folder / "codebook.csv", roles={})
    )


DISAGREEING = """
    ways  | ways/phone | ways/chat | _id | _uuid
    phone | 1          | 0         | 1   | a
    phone | 0          | 1         | 2   | b
    chat  | 0          | 1         | 3   | c
"""


def test_a_row_whose_text_and_columns_disagree_goes_to_quarantine_whole(tmp_path):
    found = ingested(tmp_path, DISAGREEING)
    assert found.responses["poll"]["file_row"].tolist() == [2, 4]
    held = found.quarantine[["row", "question", "reason", "whole_row"]].to_numpy().tolist()
    assert held == [[3, "ways", DISAGREE, True]]


def test_after_a_correction_of_the_text_the_columns_say_nothing(tmp_path):
    (tmp_path / "corrections.csv").write_text(
        "file,row,question,expects,becomes,reason,decided_by,decided_on\n"
        "answers.csv,3,ways,phone,chat,asked again,A. Person,2026-01-02\n",
        encoding="utf-8",
    )
    found = ingested(tmp_path, DISAGREEING)
    assert len(found.quarantine) == 0
    assert same(found.responses["poll"], """
        file_row | ways/phone | ways/chat
        2        | 1          | 0
        3        | 0          | 1
        4        | 0          | 1
    """)  # fmt: skip


# 4. Ranks


@pytest.mark.parametrize(
    ("platform", "cell", "order"),
    table("""
        platform        | cell                              | order
        kobo            | chat phone post                   | chat phone post
        kobo            | post                              | post
        kobo            | chat phone chat                   | !
        kobo            | chat pigeon                       | !
        microsoft_forms | Letters; cards;Phone;Chat;        | post phone chat
        microsoft_forms | الدردشة;الهاتف;                   | chat phone
        microsoft_forms | Phone;By pigeon;                  | !
        table           | Chat; Letters; cards; Phone       | chat post phone
    """).values.tolist(),
)
def test_a_ranking_as_text_keeps_its_order(platform, cell, order, tmp_path):
    assert both(read(platform, "order", [cell], tmp_path)) == [order]


def test_a_column_an_option_holds_its_rank_and_ties_or_gaps_are_refused(tmp_path):
    paper = table("""
        order/phone | order/chat | order/post | read_as
        2           | 1          | 3          | chat phone post
        2nd         | 1st        | 3rd        | chat phone post
        2.          | 1.         | 3.         | chat phone post
        2.0         | 1.0        | 3.0        | chat phone post
        ٢           | ١          | ٣          | chat phone post
        第2         | 第1        | 第3        | chat phone post
        2           | 1          |            | chat phone
        1           | no         |            | phone
                    |            |            |
        1           | 1          | 2          | !
        1           |            | 3          | !
                    | 2          |            | !
        0           | 1          | 2          | !
        -1          | 1          | 2          | !
        1-2         | 3          |            | !
        1           | 2          | last       | !
    """)
    expected = paper.pop("read_as").tolist()
    asked = codebook(tmp_path)
    found = reading("order", export_of("table", list(paper), paper.to_numpy().tolist(), tmp_path), asked)
    assert both(found) == expected
    said = {row: fault for row, (fault, _) in found.unread.items()}
    assert said == {
        11: "two options have one rank", 12: "a rank is left out", 13: "a rank is left out",
        14: "not a rank", 15: "not a rank", 16: "not a rank", 17: "not a rank",
    }  # fmt: skip


def test_a_column_a_rank_holds_the_option(tmp_path):
    found = drawn("limesurvey", "order", """
        order[1] | order[2] | order[3]
        chat     | phone    | post
        Chat     | Téléphone | Letters; cards
        post     |          |
                 |          |
        chat     | chat     |
        chat     |          | post
        pigeon   | chat     |
    """, tmp_path)  # fmt: skip
    assert both(found) == ["chat phone post", "chat phone post", "post", "", "!", "!", "!"]


def test_in_limesurvey_a_columns_number_is_a_place_also_where_the_options_are_numbers(tmp_path):
    asked = codebook(
        tmp_path,
        "strand|question|kind|option|label_en\npoll|order|rank||Order?\npoll|order||1|Phone\npoll|order||2|Chat",
    )
    rows = [["2", "1"], ["Chat", ""]]
    assert both(
        reading("order", export_of("limesurvey", ["order[1]", "order[2]"], rows, tmp_path), asked)
    ) == ["2 1", "2"]
    heads = ["order/1", "order/2"]
    assert both(reading("order", export_of("table", heads, [["2", "1"], ["", "1"]], tmp_path), asked)) == [
        "2 1",
        "2",
    ]


def test_a_ranking_as_text_and_as_columns_agrees_in_its_order_too(tmp_path):
    found = drawn("table", "order", """
        order       | order/phone | order/chat
        phone; chat | 1           | 2
        phone; chat | 2           | 1
    """, tmp_path)  # fmt: skip
    assert both(found) == ["phone chat", "!"]


def test_ranks_come_out_a_column_an_option(tmp_path):
    found = ingested(tmp_path, "order | _id | _uuid\nchat phone | 1 | a\n | 2 | b\npost chat phone | 3 | c")
    assert same(found.responses["poll"], """
        file_row | order/phone | order/chat | order/post | order.state
        2        | 2           | 1          |            | answered
        4        | 3           | 2          | 1          | answered
    """)  # fmt: skip


# 5. Codes that the file itself explains


NUMBERED = """
    strand | question | kind      | option | label_en | label_fr
    poll   | q        | one       |        | Which?   | Lequel ?
    poll   | q        |           | 1      | Phone    | Téléphone
    poll   | q        |           | 2      | Chat     | Discussion
    poll   | q        |           | 3      | Letters  | Lettres
    poll   | land     | country   |        | Land?    | Pays ?
    poll   | lands    | countries |        | Lands?   | Les pays ?
"""


def surveyed(folder: Path, question: str, cells: list[str], options: dict[str, str]) -> Read:
    """Read one column of a Qualtrics export of numbers, with its survey file beside it."""
    survey = {"SurveyElements": [{"Element": "SQ", "Payload": {
        "DataExportTag": question, "QuestionText": "Which?", "Choices": {code: {"Display": label} for code, label in options.items()},
    }}]}  # fmt: skip
    (folder / "answers.qsf").write_text(json.dumps(survey), encoding="utf-8")
    heads = [
        ["StartDate", "ResponseId", question],
        ["Start", "ID", "Text"],
        [f'{{"ImportId":"{n}"}}' for n in range(3)],
    ]
    rows = [*heads, *(["2026-01-02", f"R_{n}", cell] for n, cell in enumerate(cells))]
    pd.DataFrame(rows).to_csv(folder / "answers.csv", index=False, header=False)
    return reading(question, platforms.read(folder / "answers.csv"), codebook(folder, NUMBERED))


@pytest.mark.parametrize(
    ("options", "cells", "codes"),
    [
        ({"1": "Chat", "2": "Phone"}, ["1", "2", "Phone", "3", ""], ["2", "1", "1", "!", ""]),
        ({"1": "Discussion", "2": "Téléphone"}, ["1", "2"], ["2", "1"]),
        ({"7": "Chat", "8": "Phone"}, ["7", "8"], ["2", "1"]),
        ({"1": "Phone", "2": "Chat"}, ["1", "2", "3"], ["1", "2", "3"]),
        ({"1": "Phone", "2": "By pigeon"}, ["1", "2", "3"], ["1", "!", "!"]),
        ({"1": "Telefon", "2": "Brief"}, ["1", "2"], ["1", "2"]),
        ({"1": "3", "2": "Chat"}, ["1", "2"], ["3", "2"]),
    ],
)
def test_a_code_means_what_the_file_says_and_not_what_the_instrument_calls_so(
    options, cells, codes, tmp_path
):
    assert both(surveyed(tmp_path, "q", cells, options)) == codes


def test_the_labels_of_an_spss_file_lead_to_the_instruments_options(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    frame = pd.DataFrame({"q": [1.0, 2.0, 3.0, None], "land": [1.0, 2.0, 3.0, None]})
    labels = {"q": {1.0: "Chat", 2.0: "Phone"}, "land": {1.0: "Namibia", 2.0: "NA", 3.0: "Congo"}}
    pyreadstat.write_sav(frame, tmp_path / "answers.sav", variable_value_labels=labels)
    asked, export = codebook(tmp_path, NUMBERED), platforms.read(tmp_path / "answers.sav")
    assert both(reading("q", export, asked))[:3] == ["2", "1", "!"]
    assert both(reading("land", export, asked))[:3] == ["NAM", "!", "!"]


def test_countries_by_number_are_the_files_own(tmp_path):
    options = {"1": "Kenya", "2": "Côte d'Ivoire", "3": "Congo", "4": "Namibia"}
    assert both(surveyed(tmp_path, "land", ["1", "2", "3", "4", "5"], options)) == [
        "KEN",
        "CIV",
        "!",
        "NAM",
        "!",
    ]
    assert both(surveyed(tmp_path, "lands", ["1,4", "2", "1,3", ""], options)) == ["KEN NAM", "CIV", "!", ""]


# 6. Countries that the form lists


def form(folder: Path, options: list[tuple[str, str]], listed: str = "country") -> instrument.Instrument:
    """Write a form that asks for one country and for several, from a list of its own."""
    book = openpyxl.Workbook()
    rows = [
        ("type", "name", "label"),
        (f"select_one {listed}", "land", "Land?"),
        (f"select_multiple {listed}", "lands", "Lands?"),
    ]
    for row in rows:
        book.active.append(row)
    book.active.title = "survey"
    choices = book.create_sheet("choices")
    for row in [("list_name", "name", "label"), *((listed, *option) for option in options)]:
        choices.append(row)
    book.save(folder / "form.xlsx")
    return instrument.read(folder / "form.xlsx", "poll")


LISTED = [
    ("AND", "Andorra"),
    ("EST", "Estonia"),
    ("PER", "Peru"),
    ("NA", "Namibia"),
    ("COD", "Congo"),
    ("ke", "Kenya"),
    ("1", "Chad"),
]


@pytest.mark.parametrize(
    ("question", "cells", "read_as"),
    [
        ("land", ["AND", "EST", "PER", "COD", "ke"], ["AND", "EST", "PER", "COD", "KEN"]),
        ("land", ["AND", "EST", "PER", "somewhere"], ["AND", "EST", "PER", "!"]),
        ("land", ["and", "per", "est", "somewhere"], ["!", "!", "!", "!"]),
        ("land", ["NA", "PER"], ["NAM", "PER"]),
        ("land", ["NA", "PER", "somewhere"], ["!", "PER", "!"]),
        ("land", ["1", "", "ke"], ["TCD", "", "KEN"]),
        ("lands", ["AND PER", "EST", "somewhere", ""], ["AND PER", "EST", "!", ""]),
        ("lands", ["AND PER", "NA EST"], ["AND PER", "NAM EST"]),
        ("lands", ["ke 1 ke", "PER; AND"], ["KEN TCD", "PER AND"]),
        ("lands", ["AND XYZ", "somewhere"], ["!", "!"]),
    ],
)
@pytest.mark.parametrize("platform", ["kobo", "limesurvey"])
def test_the_code_of_an_option_is_its_country_whatever_else_the_column_holds(
    platform, question, cells, read_as, tmp_path
):
    export = export_of(platform, [question], [[cell] for cell in cells], tmp_path)
    assert both(reading(question, export, form(tmp_path, LISTED))) == read_as


def test_the_label_that_people_saw_counts_before_the_code_behind_it(tmp_path):
    export = export_of("kobo", ["land"], [["CH"], ["AU"], ["somewhere"]], tmp_path)
    assert both(reading("land", export, form(tmp_path, [("CH", "China"), ("AU", "Austria")]))) == [
        "CHN",
        "AUT",
        "!",
    ]


# 7. Any options


SIGNS = st.sampled_from(
    ["a", "b", "é", "ж", "دردشة", "聊天", "(x)", "[y]", "7", "-", "/", "'", '"', "%", "n/a"]
)
WORDS = st.lists(SIGNS, min_size=1, max_size=3).map(" ".join)
LABELS_OF_OPTIONS = st.lists(WORDS, min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from([", ", "; ", ",", ";", " ", "، ", "，"]).map(lambda mark: mark.join(words))
)
MANY = ["microsoft_forms", "google_forms", "kobo", "limesurvey", "surveymonkey", "typeform", "table"]


def readings_of(text: str, separator: str, known: set[str]) -> int:
    """Count the ways to cut a text, at its separators, into known options."""
    parts = text.split(separator)
    ways = [1] + [0] * len(parts)
    for stop in range(1, len(parts) + 1):
        ways[stop] = sum(
            ways[start] for start in range(stop) if normal(separator.join(parts[start:stop])) in known
        )
    return ways[-1]


@pytest.mark.parametrize("platform", MANY)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_options_written_as_text_are_read_back(platform, data, tmp_path_factory):
    labels = data.draw(st.lists(LABELS_OF_OPTIONS, min_size=1, max_size=6, unique_by=normal))
    codes = [f"o{place}" for place in range(len(labels))]
    known = {normal(text) for text in (*labels, *codes)}
    assume(len(known) == 2 * len(labels) and "" not in known)
    assume(not any(matching.OTHER_WORD.match(label) for label in labels))
    rows = data.draw(
        st.lists(st.lists(st.sampled_from(codes), unique=True, min_size=1), min_size=1, max_size=5)
    )
    separator = platforms.SEPARATORS[platform]
    written = (
        dict(zip(codes, labels, strict=True))
        if data.draw(st.booleans())
        else dict(zip(codes, codes, strict=True))
    )
    cells = [separator.join(written[code] for code in row) for row in rows]
    assume(all(readings_of(cell, separator, known) == 1 for cell in cells))
    folder = tmp_path_factory.mktemp("any")
    paper = [{"strand": "poll", "question": "q", "kind": "many", "label_en": "Which ones?"}]
    paper += [
        {"strand": "poll", "question": "q", "option": code, "label_en": label}
        for code, label in zip(codes, labels, strict=True)
    ]
    pd.DataFrame(paper).reindex(columns=["strand", "question", "kind", "option", "label_en"]).to_csv(
        folder / "codebook.csv", index=False
    )
    asked = instrument.read(folder / "codebook.csv", "poll")
    found = reading("q", export_of(platform, ["q"], [[cell] for cell in cells], folder), asked)
    assert both(found) == [" ".join(row) for row in rows]

"""Each platform's layouts are told from their heads and read whole: made-up exports, any answers, and files that platforms wrote."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_study import table

from popresearch import answers, cli, instrument, matching, platforms
from popresearch.platforms import layout as layouts
from popresearch.platforms import personal
from popresearch.wording import ROOT

REAL = ROOT.parent / "shared" / "real"


def written(folder: Path, rows: list[list[str]], name: str = "answers.csv") -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    (folder / name).write_bytes(text.getvalue().encode())
    return folder / name


def drawn(folder: Path, text: str) -> platforms.Export:
    """Read an export drawn on paper: a line a row, a bar between cells."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return platforms.read(written(folder, rows))


def meant(export: platforms.Export, meaning: str) -> list[str]:
    return [head for head, own in zip(export.heads, export.meanings, strict=True) if own == meaning]


def told(export: platforms.Export) -> list[tuple[str, str, str, str]]:
    """What is known of each column that holds answers: question, option, text, option's text."""
    return [(one.question, one.option, one.text, one.option_text)
            for one, own in zip(export.columns, export.meanings, strict=True) if not own]  # fmt: skip


# Microsoft Forms


@pytest.mark.parametrize(
    "heads",
    [
        "ID|Start time|Completion time|Email|Name|Last modified time",
        "ID|Heure de début|Heure de fin|Adresse de messagerie|Nom|Heure de la dernière modification",
        "Id|Hora de inicio|Hora de finalización|Correo electrónico|Nombre|Hora de la última modificación",
        "ID|Startzeit|Fertigstellungszeit|E-Mail|Name|Zeitpunkt der letzten Änderung",
        "ID|Hora de início|Hora de conclusão|Email|Nome|Hora da última modificação",
        "ID|وقت البدء|وقت الإكمال|البريد الإلكتروني|الاسم|وقت آخر تعديل",
        "ID|Время начала|Время выполнения|Электронная почта|Имя|Время последнего изменения",
        "ID|开始时间|完成时间|电子邮件|名称|上次修改时间",
    ],
)
def test_microsoft_forms_is_known_in_eight_languages(heads, tmp_path):
    export = drawn(
        tmp_path, f"{heads}|Which ways?\n1|1/2/26 10:00:00|1/2/26 10:05:00|a@example.org|A|1/2/26|Phone;Chat;"
    )
    assert (export.platform, export.separator) == ("microsoft_forms", ";")
    assert export.meanings == ["row_key", "time", "time", "personal", "personal", "time", ""]


def test_microsoft_forms_in_another_language_is_known_by_what_stands_below(tmp_path):
    export = drawn(tmp_path, """
        ID | Starttid       | Sluttid        | E-post    | Namn | Land
        1  | 3/4/24 9:12:05 | 3/4/24 9:15:40 | anonymous |      | Kenya
    """)  # fmt: skip
    assert export.platform == "microsoft_forms"
    assert export.meanings == ["row_key", "time", "time", "personal", "personal", ""]


def test_microsoft_forms_quiz_columns_and_repeated_heads_are_no_answers_lost(tmp_path):
    path = written(tmp_path, [
        ["ID", "Start time", "Completion time", "Email", "Name", "Total points", "Quiz feedback", "Father\r\n", "Points - Father",
         "Feedback - Father", "Father2", "Punkte - Father2", "Feedback - Father2", "E\u2010mail\nor chat? ", "Name2"],
        ["1", "1/2/26 10:00:00", "1/2/26 10:05:00", "anonymous", "", "3", "", "yes", "1", "", "no", "2", "", "chat", "class"],
    ])  # fmt: skip
    export = platforms.read(path)
    assert meant(export, "") == ["Father", "Father2", "E\u2010mail\nor chat?"]
    assert meant(export, "service") == ["Total points", "Quiz feedback", "Points - Father", "Feedback - Father", "Punkte - Father2",
                                        "Feedback - Father2"]  # fmt: skip
    assert export.doubtful == {14: "its head names a name"}


def test_microsoft_forms_is_known_by_what_stands_below_whatever_the_first_head_is_called(tmp_path):
    export = drawn(tmp_path, """
        Kimlik | Başlama       | Tamamlanma     | E-posta   | Ad | Ülke
        1      | 3/4/24 9:12:05 | 3/4/24 9:15:40 | anonymous |    | Kenya
    """)  # fmt: skip
    assert (export.platform, meant(export, "")) == ("microsoft_forms", ["Ülke"])


# Google Forms


@pytest.mark.parametrize("head", ["Timestamp", "Horodateur", "Marca temporal", "Carimbo de data/hora", "Zeitstempel", "طابع زمني",
                                  "Отметка времени", "时间戳记"])  # fmt: skip
@pytest.mark.parametrize("above", ["", "Answers to our survey\n", "\nA title\n"])
def test_google_forms_is_known_in_eight_languages_below_a_title_too(head, above, tmp_path):
    export = drawn(tmp_path, f"{above}{head}|Country|Score\n2026/01/02 3:04:05 PM GMT+1|Kenya|5")
    assert (export.platform, export.heads) == ("google_forms", [head, "Country", "Score"])
    assert export.meanings == ["time", "", ""]
    assert export.rows.index[0] == 2 + above.count("\n") - above.startswith("\n")


def test_google_forms_matrices_scores_and_unknown_languages(tmp_path):
    export = drawn(tmp_path, """
        Ora                        | How often? [Phone] | How often? [Chat] | Why? [really] | Country | Country [Score]
        2016/01/12 10:11:12 AM EST | never              | often             | so            | Kenya   | 1.00 / 1
        2016/01/12 9:11:12 PM EST  | often              | often             | so            | France  | 0.00 / 1
    """)  # fmt: skip
    assert export.platform == "google_forms"
    assert told(export) == [("", "", "How often?", "Phone"), ("", "", "How often?", "Chat"), ("", "", "Why? [really]", ""),
                            ("", "", "Country", "")]  # fmt: skip


@pytest.mark.parametrize(
    "head", ["Informazioni cronologiche", "タイムスタンプ", "타임스탬프", "Tijdstempel", "Zaman damgası"]
)
def test_google_forms_is_known_in_further_languages(head, tmp_path):
    export = drawn(tmp_path, f"{head}|Country\n1/2/26 3:04:05|Kenya")
    assert (export.platform, export.meanings) == ("google_forms", ["time", ""])


def test_the_last_brackets_of_a_head_hold_the_row_and_earlier_ones_belong_to_the_question(tmp_path):
    export = drawn(tmp_path, """
        Timestamp | Which [now]? [By chat [text]] | Which [now]? [Phone] | Why? [really]
        1/2/26    | often                         | never                | so
    """)  # fmt: skip
    assert told(export) == [
        ("", "", "Which [now]?", "By chat [text]"),
        ("", "", "Which [now]?", "Phone"),
        ("", "", "Why? [really]", ""),
    ]


def test_a_table_of_no_platform_has_the_rows_of_a_matrix_in_brackets_too(tmp_path):
    export = drawn(tmp_path, "Land?|How often? [Chat]|How often? [Phone]\nKenya|never|often")
    assert export.platform == "table"
    assert told(export) == [
        ("", "", "Land?", ""),
        ("", "", "How often?", "Chat"),
        ("", "", "How often?", "Phone"),
    ]


# KoboToolbox, Ona and ODK


def test_kobo_paths_repeats_marks_and_blanks(tmp_path):
    export = drawn(tmp_path, """
        start | g/country | g/ways | g/ways/email | g/ways/chat | m/a   | m/b  | k[1]/age | k[2]/age | at  | _at_latitude | _id | _uuid
        2026  | Kenya     | chat   | 0            | 1           | False | True | n/a      | 7        | 1 2 | 1.2          | 5   | u
        2026  | n/a       | n/a    | n/a          | n/a         | n/a   | n/a  | n/a      | n/a      | n/a | n/a          | 6   | v
    """)  # fmt: skip
    assert export.platform == "kobo"
    assert export.meanings == ["time", *[""] * 8, "personal", "personal", "row_key", "service"]
    assert [one[:2] for one in told(export)] == [("country", ""), ("ways", ""), ("ways", "email"), ("ways", "chat"), ("m", "a"),
                                                 ("m", "b"), ("age", ""), ("age", "")]  # fmt: skip
    assert [(one.repeat, one.instance) for one in export.columns[7:9]] == [("k", 1), ("k", 2)]
    assert export.rows.loc[3, 1:8].tolist() == [""] * 8


def test_a_word_that_one_person_typed_is_not_taken_for_a_blank(tmp_path):
    assert drawn(tmp_path, "wish|_id|_uuid\nn/a|1|u").rows[0].tolist() == ["n/a"]


def test_kobo_with_labels_for_heads_names_question_and_option(tmp_path):
    export = drawn(tmp_path, """
        Ways (all) | Ways (all)/Chat | G/Why | G/Why/Work / study | Photo | Photo_URL           | audit | _id | _uuid
        Chat       | 1               | so    | 1                  | a.jpg | https://example.org | x     | 1   | u
    """)  # fmt: skip
    assert told(export) == [("Ways (all)", "", "Ways (all)", ""), ("Ways (all)", "Chat", "Ways (all)", "Chat"), ("Why", "", "Why", ""),
                            ("Work / study", "", "Work / study", ""), ("Photo", "", "Photo", "")]  # fmt: skip
    assert meant(export, "personal") == ["Photo_URL"]


def test_the_account_and_times_that_a_phone_notes_are_no_answers(tmp_path):
    odk = drawn(tmp_path, "SubmissionDate|username|country|KEY\n2026|amina|Kenya|u")
    assert odk.meanings == ["time", "personal", "", "row_key"]
    kobo = drawn(tmp_path, "starttime|endtime|country|_id|_uuid\n2026|2026|Kenya|1|u")
    assert kobo.meanings == ["time", "time", "", "row_key", "service"]


def test_odk_central_groups_options_and_names_of_its_own(tmp_path):
    export = drawn(tmp_path, """
        SubmissionDate | meta-instanceID | g-country | g-sub-ways/chat | status | at-Latitude | KEY | SubmitterID | Status
        2026-01-02     | uuid:1          | Kenya     | 1               | open   | 1.25        | u   | 7           | ok
    """)  # fmt: skip
    assert export.platform == "odk"
    assert export.meanings == ["time", "service", "", "", "", "personal", "row_key", "personal", "service"]
    assert export.columns[2].names == (("g-country", ""), ("country", ""))
    assert export.columns[3].names == (("g-sub-ways", "chat"), ("sub-ways", "chat"), ("ways", "chat"))


def test_a_zip_of_odk_gives_the_submissions_and_on_request_the_repeats(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "form.zip", "w") as file:
        file.writestr("form.csv", "SubmissionDate,country,KEY\n2026,Kenya,u\n")
        file.writestr("form-kids.csv", "age,PARENT_KEY,KEY\n7,u,u/1\n")
    assert platforms.read(tmp_path / "form.zip").heads == ["SubmissionDate", "country", "KEY"]
    assert platforms.read(tmp_path / "form.zip", "form-kids.csv").heads == ["age", "PARENT_KEY", "KEY"]
    assert [export.platform for export in platforms.read_all(tmp_path / "form.zip")] == ["odk", "odk"]


# LimeSurvey


@pytest.mark.parametrize(
    ("heads", "style"),
    [
        ("id._.Response ID | submitdate._.Date | land._.Country | ways[SQ1]._.Which? [Chat] | ways[SQ2]._.Which? [Phone]", "code._.text"),
        ("id. ID | submitdate. Date | seed. Seed | land. Country | ways[SQ1]. Which? [Chat] | ways[SQ2]. Which? [Phone]", "code. text"),
        ("id | submitdate | lastpage | startlanguage | seed | land | ways[SQ1] | ways[SQ2]", "heads are codes"),
        ("Response ID | Date submitted | Last page | Start language | Seed | Country | Which? [Chat] | Which? [Phone]", "full texts"),
        ("ID de la réponse | Date de soumission | Langue de départ | Country | Which? [Chat] | Which? [Phone]", "full texts"),
        ("Antwort ID | Datum Abgeschickt | Letzte Seite | Start-Sprache | Country | Which? [Chat] | Which? [Phone]", "full texts"),
        ("ID de respuesta | Fecha de envío | Última página | Lenguaje inicial | Country | Which? [Chat] | Which? [Phone]", "full texts"),
        ("ID da resposta | Data de envio | Última página | Idioma inicial | Country | Which? [Chat] | Which? [Phone]", "full texts"),
        ("ID ответа | Дата отправки | Последняя страница | Начальный язык | Country | Which? [Chat] | Which? [Phone]", "full texts"),
        ("معرف الاستجابة | تاريخ الإرسال | آخر صفحة | لغة البدء | Country | Which? [Chat] | Which? [Phone]", "full texts"),
        ("答复 ID | 提交日期 | 最后一页 | 起始语言 | Country | Which? [Chat] | Which? [Phone]", "full texts"),
    ],
)  # fmt: skip
def test_limesurvey_is_known_by_codes_by_texts_and_by_both(heads, style, tmp_path):
    export = drawn(tmp_path, f"{heads}\n{'1980-01-01 | ' * heads.count('|')}Y")
    assert export.platform == "limesurvey"
    assert style in export.why
    code, text = ("land", ""), ("", "Country")
    country, chat, phone = told(export)
    assert (country[0], country[2]) in [code, text, ("land", "Country")]
    assert {chat[:2], phone[:2]} in [{("ways", "SQ1"), ("ways", "SQ2")}, {("", "")}]
    assert (chat[2:], phone[2:]) in [(("Which?", "Chat"), ("Which?", "Phone")), (("", ""), ("", ""))]


def test_limesurvey_timings_are_no_answers(tmp_path):
    export = drawn(tmp_path, "id|lastpage|seed|land|interviewtime|groupTime7|landTime\n1|2|3|Kenya|9|9|9")
    assert meant(export, "") == ["land"]


def test_limesurvey_questions_may_have_codes_that_end_like_timings(tmp_path):
    export = drawn(tmp_path, "id|lastpage|seed|screenTime\n1|2|3|often")
    assert meant(export, "") == ["screenTime"]


@pytest.mark.parametrize(
    ("heads", "known"),
    [
        ("id._.ID | land._.Why? [really] | w[SQ1][1]._.Often? [Chat][Now] | w[SQ1][2]._.Often? [Chat][Soon]",
         [("land", "", "Why? [really]", ""), ("w", "SQ1_1", "Often?", "Chat | Now"), ("w", "SQ1_2", "Often?", "Chat | Soon")]),
        ("id._.ID | r[1]._.Best? [Rank 1] | r[2]._.Best? [Rank 2] | o[other]._.Which? [Other]",
         [("r", "1", "Best?", "Rank 1"), ("r", "2", "Best?", "Rank 2"), ("o", "other", "Which?", "Other")]),
        ("Antwort ID | Letzte Seite | Seed | Best? [Rang 1] | Best? [Rang 2]",
         [("", "1", "Best?", "Rang 1"), ("", "2", "Best?", "Rang 2")]),
        ("Response ID | Last page | Seed | Which? | Which? [Other] | Q &amp; A? [Yes &amp; no] | Q &amp; A? [No]",
         [("", "", "Which?", ""), ("", "", "Which?", "Other"), ("", "", "Q & A?", "Yes & no"), ("", "", "Q & A?", "No")]),
        ("ID de la réponse | Ways? [Chat] | Ways? [Phone]", [("", "", "Ways?", "Chat"), ("", "", "Ways?", "Phone")]),
        ("land | w[SQ1] | w[SQ2] | w[other]", [("land", "", "", ""), ("w", "SQ1", "", ""), ("w", "SQ2", "", ""), ("w", "other", "", "")]),
    ],
)  # fmt: skip
def test_limesurvey_scales_ranks_and_others(heads, known, tmp_path):
    export = drawn(tmp_path, f"{heads}\n{'kiwi | ' * heads.count('|')}kiwi")
    assert (export.platform, told(export)) == ("limesurvey", known)


# SurveyMonkey


def test_surveymonkey_in_two_rows_of_heads(tmp_path):
    export = drawn(tmp_path, """
        Respondent ID | Collector ID | Start Date | IP Address | Which ways? |       |       | Why?                | Contact |
                      |              |            |            | Chat        | Phone | Other | Open-Ended Response | Name    | Email Address
        118           | 4            | 01/02/2026 | 10.0.0.1   | Chat        |       | dove  | so                  | Amina   | a@example.org
        119           | 4            | 01/02/2026 | 10.0.0.1   | Chat        | Phone |       |                     | Baraka  | b@example.org
    """)  # fmt: skip
    assert export.platform == "surveymonkey"
    assert export.meanings == [
        "row_key",
        "service",
        "time",
        "personal",
        "",
        "",
        "",
        "",
        "personal",
        "personal",
    ]
    assert told(export) == [("", "", "Which ways?", "Chat"), ("", "", "Which ways?", "Phone"),
                            ("", "", "Which ways?", "Other"), ("", "", "Why?", "")]  # fmt: skip
    assert export.first_row == 3


def test_a_block_that_asks_for_a_name_asks_for_contacts_but_a_matrix_of_ways_does_not(tmp_path):
    export = drawn(tmp_path, """
        Respondent ID | Contact? |               |         | How often? |              |
                      | Name     | Email Address | Country | Email      | Phone number | Other (please specify)
        118           | xyz      | abc           | Kenya   | never      | often        | dove
        119           | abc      | xyz           | France  | often      | never        |
    """)  # fmt: skip
    assert meant(export, "personal") == ["Contact? [Name]", "Contact? [Email Address]"]
    assert told(export)[-1] == ("", "", "How often?", "Other (please specify)")


@pytest.mark.parametrize(("first", "whole"), [("ID du répondant", "Réponse ouverte"), ("Befragten-ID", "Offene Antwort"),
    ("ID del encuestado", "Respuesta abierta"), ("ID do respondente", "Resposta aberta"), ("ID респондента", "Ответ"),
    ("معرف المستجيب", "الإجابة"), ("受访者 ID", "答复")])  # fmt: skip
def test_surveymonkey_is_known_in_other_languages(first, whole, tmp_path):
    export = drawn(tmp_path, f"{first}|Q?|R?|\n|{whole}|a|b\n118|so|a|\n119|x|a|b")
    assert (export.platform, export.first_row) == ("surveymonkey", 3)
    assert told(export) == [("", "", "Q?", ""), ("", "", "R?", "a"), ("", "", "R?", "b")]


def test_surveymonkey_in_one_row_of_heads(tmp_path):
    export = drawn(
        tmp_path,
        "Respondent ID|1. How often?|2. Chat\u00a0room.|2. Phone.|3a. Why?\n1|never|Chat\u00a0room.||so",
    )
    assert told(export) == [("1", "", "How often?", ""), ("2", "", "", "Chat\u00a0room."), ("2", "", "", "Phone."),
                            ("3a", "", "Why?", "")]  # fmt: skip
    assert export.rows.loc[2, 2] == "Chat\u00a0room."


# Qualtrics

QUALTRICS = [
    ["StartDate", "Status", "IPAddress", "ResponseId", "LocationLatitude", "UserLanguage", "Q1", "Q2_1", "Q2_2", "Q2_2_TEXT", "Status2"],
    ["Startdatum", "Antworttyp", "IP-Adresse", "Antwort-ID", "Breite", "Sprache", "Which country?", "Which ways? - Chat",
     "Which ways? - Other", "Which ways? - Other - Text", "Status"],
    ['{"ImportId":"startDate","timeZone":"Z"}', '{"ImportId":"status"}', '{"ImportId":"ipAddress"}', '{"ImportId":"_recordId"}',
     '{"ImportId":"locationLatitude"}', '{"ImportId":"userLanguage"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2_1"}',
     '{"ImportId":"QID2_2"}', '{"ImportId":"QID2_2_TEXT"}', '{"ImportId":"QID9"}'],
    ["2026-01-02 10:00:00", "IP Address", "10.0.0.1", "R_1", "1.25", "EN", "Kenya", "Chat", "", "", "open"],
    ["2026-01-02 10:01:00", "Survey Preview", "10.0.0.1", "R_2", "1.25", "EN", "France", "Chat", "Other", "pigeon", "shut"],
]  # fmt: skip


def test_qualtrics_in_three_rows_of_heads(tmp_path):
    export = platforms.read(written(tmp_path, QUALTRICS))
    assert (export.platform, export.first_row, list(export.rows.index)) == ("qualtrics", 4, [4, 5])
    assert export.meanings == ["time", "status", "personal", "row_key", "personal", "service", *[""] * 5]
    assert told(export) == [
        ("Q1", "", "Which country?", ""), ("Q2", "1", "Which ways?", "Chat"), ("Q2", "2", "Which ways?", "Other"),
        ("Q2", "2", "Which ways?", "Other"), ("Status2", "", "Status", ""),
    ]  # fmt: skip
    assert export.previews(export.rows).tolist() == [False, True]


def test_qualtrics_as_it_was_before_2017(tmp_path):
    export = drawn(tmp_path, """
        V1         | V2          | V3   | V4       | V5              | V6        | V7     | V8        | V9      | V10      | Q1    | Q2_1
        ResponseID | ResponseSet | Name | External | E-Mail          | IPAddress | Status | StartDate | EndDate | Finished | Land? | Chat
        R_1        | Default     | A    | x        | a@example.org   | 10.0.0.1  | 0      | 2012      | 2012    | 1        | Kenya | 1
        R_2        | Default     | A    | x        | a@example.org   | 10.0.0.1  | 1      | 2012      | 2012    | 1        | Kenya | 1
    """)  # fmt: skip
    assert (export.platform, export.first_row) == ("qualtrics", 3)
    assert export.meanings[:10] == [
        "row_key",
        "service",
        *["personal"] * 4,
        "status",
        "time",
        "time",
        "service",
    ]
    assert export.previews(export.rows).tolist() == [False, True]


def test_qualtrics_keeps_what_was_typed_with_its_option(tmp_path):
    heads = {"StartDate": "Start", "Q1": "Land? - Selected Choice", "Q1_4_TEXT": "Land? - Other: - Text",
     "Q2_1": "Ways? - Selected Choice - Chat",
             "Q2_5": "Ways? - Selected Choice - Other", "Q2_5_TEXT": "Ways? - Other - Text"}  # fmt: skip
    marks = [f'{{"ImportId":"{n}"}}' for n in range(len(heads))]
    export = platforms.read(
        written(
            tmp_path,
            [[*heads], [*heads.values()], marks, ["2026", "Other:", "kiwi", "Chat", "Other", "dove"]],
        )
    )
    assert told(export) == [("Q1", "", "Land?", ""), ("Q1", "4", "Land?", "Other:"), ("Q2", "1", "Ways?", "Chat"),
                            ("Q2", "5", "Ways?", "Other"), ("Q2", "5", "Ways?", "Other")]  # fmt: skip


def test_qualtrics_writes_a_row_of_a_matrix_behind_a_code_that_may_itself_end_in_a_number(tmp_path):
    export = drawn(tmp_path, """
        StartDate | a_1_1          | a_1_2          | Q9_1             | Q_1
        Start     | Often? - Chat  | Often? - Phone | How much? - Days | First?
        {"ImportId":"a"} | {"ImportId":"b"} | {"ImportId":"c"} | {"ImportId":"d"} | {"ImportId":"e"}
        2026      | 1              | 2              | 3                | 4
    """)  # fmt: skip
    assert [one[2:] for one in told(export)[:2]] == [("Often?", "Chat"), ("Often?", "Phone")]
    assert export.columns[2].names == (("a", "1_2"), ("a_1", "2"), ("a_1_2", ""))
    assert (export.columns[3].labels, export.columns[3].names) == (
        ("How much? - Days", "How much?"),
        (("Q9_1", ""), ("Q9", "")),
    )
    assert meant(export, "") == ["a_1_1", "a_1_2", "Q9_1", "Q_1"]


@pytest.mark.parametrize(
    "code",
    ["Q3_DO_1", "SC0", "Q5 - Parent Topics", "Q5 - Sentiment Score", "Q_RecaptchaScore", "Q2_Page Submit"],
)
def test_what_qualtrics_adds_is_no_answer(code, tmp_path):
    rows = [
        ["StartDate", "Q1", code],
        ["Start", "Land?", "x"],
        [f'{{"ImportId":"{n}"}}' for n in range(3)],
        ["2026", "Kenya", "1"],
    ]
    assert platforms.read(written(tmp_path, rows)).meanings == ["time", "", "service"]


def test_a_qualtrics_survey_file_tells_the_rows_of_a_matrix_from_the_answers_in_its_cells(tmp_path):
    payload = {"DataExportTag": "Q2", "QuestionText": "Often?", "Choices": {"1": {"Display": "Chat"}, "2": {"Display": "Phone"}},
               "Answers": {"1": {"Display": "Never"}, "2": {"Display": "Always"}}, "RecodeValues": {"1": "0", "2": "9"}}  # fmt: skip
    (tmp_path / "answers.qsf").write_text(
        json.dumps({"SurveyElements": [{"Element": "SQ", "Payload": payload}]})
    )
    export = platforms.read(written(tmp_path, QUALTRICS))
    assert told(export)[1:3] == [("Q2", "1", "Often?", "Chat"), ("Q2", "2", "Often?", "Phone")]
    assert export.layout.choices["Q2"] == {"0": "Never", "9": "Always"}


@pytest.mark.parametrize("rows", [[0, 3], [0, 1, 3], [0, 2, 3]])
def test_qualtrics_without_one_of_its_rows(rows, tmp_path):
    kept = [["StartDate", "EndDate", *QUALTRICS[0][1:]]] + [
        [QUALTRICS[n][0], *QUALTRICS[n]] for n in rows[1:]
    ]
    export = platforms.read(written(tmp_path, kept))
    assert (export.platform, len(export.rows)) == ("qualtrics", 1)


def test_a_qualtrics_survey_file_beside_the_export_gives_texts_and_options(tmp_path):
    survey = {"SurveyElements": [
        {"Element": "BL", "Payload": []},
        {"Element": "SQ", "Payload": {"DataExportTag": "Q1", "QuestionText": "<b>Which</b>&nbsp;land?", "QuestionID": "QID1",
         "Choices": {"1": {"Display": "Kenya"}, "2": {"Display": "France"}}, "RecodeValues": {"1": "7", "2": "8"}}},
        {"Element": "SQ", "Payload": {"DataExportTag": "Q2", "QuestionText": "Ways?", "Choices": [{"Display": "By chat"}]}},
    ]}  # fmt: skip
    (tmp_path / "answers.qsf").write_text(json.dumps(survey), encoding="utf-8")
    export = platforms.read(written(tmp_path, QUALTRICS))
    assert told(export)[:2] == [("Q1", "", "Which land?", ""), ("Q2", "1", "Ways?", "By chat")]
    assert export.layout.choices["Q1"] == {"7": "Kenya", "8": "France"}
    (tmp_path / "answers.qsf").write_text("{", encoding="utf-8")
    assert "answers.qsf beside it could not be read" in platforms.read(tmp_path / "answers.csv").why


# EUSurvey and Typeform


def test_eusurvey_heads_and_options_carry_codes(tmp_path):
    book = openpyxl.Workbook()
    for row in [
        ["Alias", "Survey"], ["Export Date", "2026-01-02"], [None],
        ["Your country (ID10)", "Ways (ID11)", "How often : Chat (ID13)", "How often : Phone (ID14)", "Wish (ID12)", "User name",
         "Creation date"],
        ["Kenya(ID20)", "Chat(ID30); Phone, or text(ID31)", "never(x1)", "often(x2)", "more (of it)", "someone", "2026-01-02 10:00:00"],
        ["France(ID21)", "Chat(ID30)", None, "often(x2)", "f(x)", None, "2026-01-02 10:00:00"],
    ]:  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "answers.xlsx")
    export = platforms.read(tmp_path / "answers.xlsx")
    assert (export.platform, export.first_row, export.separator) == ("eusurvey", 5, "; ")
    assert export.rows[0].tolist() == ["Kenya", "France"]
    assert export.rows[1].tolist() == ["Chat; Phone, or text", "Chat"]
    assert export.rows[4].tolist() == ["more (of it)", "f(x)"]
    assert told(export)[2:4] == [("ID13", "", "How often", "Chat"), ("ID14", "", "How often", "Phone")]
    assert export.layout.choices["ID11"] == {"ID30": "Chat", "ID31": "Phone, or text"}
    assert export.meanings[5:] == ["personal", "time"]


def test_typeform_gives_each_option_a_column(tmp_path):
    export = drawn(tmp_path, """
        #  | Country | Chat | Phone | Tags?  | Response Type | Start Date (UTC)    | Submit Date (UTC)   | Network ID | Tags
        x1 | Kenya   | Chat |       | yes    | completed     | 2026-01-02 10:00:00 | 2026-01-02 10:01:00 | 3f2a       |
        x2 | France  |      | Phone | no     | completed     | 2026-01-02 10:00:00 | 2026-01-02 10:01:00 | 3f2b       |
    """)  # fmt: skip
    assert export.platform == "typeform"
    assert export.meanings == ["row_key", "", "", "", "", "service", "time", "time", "personal", "service"]
    assert told(export) == [
        ("", "", "Country", ""),
        ("q003", "", "", "Chat"),
        ("q003", "", "", "Phone"),
        ("", "", "Tags?", ""),
    ]


def test_eusurvey_without_codes_still_has_the_rows_of_a_matrix(tmp_path):
    export = drawn(tmp_path, """
        Alias       | Survey           |                   |
        Export Date | 2026             |                   |
        Land        | How often?: Chat | How often?: Phone | Contribution Id | Creation Date
        Kenya       | never            | often             | 7               | 2026-01-02
    """)  # fmt: skip
    assert export.platform == "eusurvey"
    assert told(export) == [
        ("", "", "Land", ""),
        ("", "", "How often?", "Chat"),
        ("", "", "How often?", "Phone"),
    ]


def test_typeform_titles_stand_above_the_options_and_other_belongs_to_the_question_on_its_left(tmp_path):
    export = drawn(tmp_path, """
          |       |       | Ways? |      |       |       | Tools? |     |
        # | Land? | Other | Post  | Chat | Phone | Other | Pen    | Ink | Start Date (UTC) | Submit Date (UTC) | Network ID
        x | Kenya |       |       | Chat |       | dove  | Pen    |     | 2026             | 2026              | 3f
        y |       | Mars  |       |      | Phone |       |        | Ink | 2026             | 2026              | 4f
    """)  # fmt: skip
    assert (export.platform, export.first_row) == ("typeform", 3)
    ways = [("q004", "", "Ways?", way) for way in ("Post", "Chat", "Phone")]
    assert told(export) == [("", "", "Land?", ""), ("", "other", "Land?", "Other"), *ways, ("q004", "other", "Ways?", "Other"),
                            ("q008", "", "Tools?", "Pen"), ("q008", "", "Tools?", "Ink")]  # fmt: skip


def test_a_typeform_option_that_nobody_chose_stays_with_its_question(tmp_path):
    export = drawn(tmp_path, """
        # | Chat | Post | Phone | Why? | Start Date (UTC) | Submit Date (UTC) | Network ID
        x | Chat |      |       | so   | 2026             | 2026              | 3f
        y |      |      | Phone |      | 2026             | 2026              | 4f
    """)  # fmt: skip
    assert [(one[0], one[3]) for one in told(export)] == [
        ("q002", "Chat"),
        ("q002", "Post"),
        ("q002", "Phone"),
        ("", ""),
    ]


# What every layout shares


@pytest.mark.parametrize("head", ["Name", "Full name", "Your e-mail address", "What is your phone number?", "Nom et prénom",
    "Correo electrónico", "الاسم", "الاسم الثلاثي", "رقم الهاتف", "ФИО", "Номер телефона", "姓名", "手机号", "Nome completo",
    "Telefonnummer", "IP address", "imei", "Latitude", "Широта", "group/first_name", "Name (optional)", "2. E-mail *", "Vor- und Nachname",
    "Adresse e-mail :", "Telemóvel", "What is your Discord username ?", "Work email", "E-mail do aluno", "Nome do visitante",
    "Telefone com DDD", "WhatsApp (Número)", "Nom &amp; Post-nom /Firstname and Surname", "Student ID number", "请输入您的姓名",
    "您的手机号码", "اكتب رقم الواتساب", "Введите ваше имя", "Quel est votre nom ?", "Escribe tu nombre completo",
    "Digite seu e-mail", "Wie ist Ihr Name?",
    "Date of birth", "Zip/Post Code", "Address line 2", "School name", "Numéro WhatsApp", "land_respondent_name"])  # fmt: skip
def test_a_personal_column_is_known_by_its_head_in_eight_languages(head, tmp_path):
    export = platforms.read(written(tmp_path, [["country", head], ["Kenya", "xyz"], ["France", "abc"]]))
    assert export.meanings == ["", "personal"]


@pytest.mark.parametrize("head", ["Name of the organisation", "Can children reach you by e-mail?",
    "Which phone or chat services do you know?",
    "Land", "Is your phone shared?", "Do you use e-mail, phone or chat to reach services?",
    "Наименование организации", "اسم المنظمة",
    "机构名称", "Nombre de la organización", "Which phone helpline do you know?", "E-mail or chat?", "By phone", "By email",
    "Name of the service", "Nom du service", "Nome da empresa", "Name der Organisation",
    "Название организации", "اسم الخدمة", "服务名称", "Phone ownership",
    "E-mail use", "Do you have an e-mail?", "Avez-vous un téléphone ?", "你知道哪个求助电话？",
    "По электронной почте", "Par courriel", "Country code",
    "Which device do you use?", "Website of the service", "Telephone counselling", "Name one helpline you know"])  # fmt: skip
def test_a_question_that_only_mentions_such_things_is_kept(head, tmp_path):
    export = platforms.read(written(tmp_path, [["country", head], ["Kenya", "xyz"], ["France", "abc"]]))
    assert export.meanings == ["", ""]


@pytest.mark.parametrize(
    ("cells", "is_personal"),
    [
        (["a@example.org", "b@example.org", "none"], True),
        (["00 000 000 00", "0000 000", "00-000-000-00", "(00) 000 00"], True),
        (["10.0.0.1", "10.0.0.2", "fe80::1:2:3"], True),
        (["-1.2625, 36.7921", "1.2625621 36.7921711 0.0 20.0"], True),
        (["2026-01-02", "03/04/2026", "2026-01-02 10:00:00"], False),
        (["1500000", "2500000"], False),
        (["12", "7"], False),
        (["write to a@example.org", "phone", "chat"], False),
        (["1,234", "2.5"], False),
        (["13-15", "16-17"], False),
        (["a@example.org", "no", "never", "chat"], False),
        (["'+0000000000", "'+0000000001"], True),
        (["12 500 000", "3 100 000", "25.000.000"], False),
        (["2026-01-02 10:00:00", "2026-01-02T11:30:00.000Z", "1/2/2026 9:12 PM"], True),
        (["2026-01-02 00:00:00", "2026-01-03 00:00:00", "1/2/2026 12:00:00 AM"], False),
        (["collect:Ab12", "imei:000000000000000"], True),
    ],
)
def test_a_personal_column_is_known_by_its_cells(cells, is_personal, tmp_path):
    export = platforms.read(written(tmp_path, [["country", "x9"], *(["Kenya", cell] for cell in cells)]))
    assert (export.meanings[1] == "personal") == is_personal


@pytest.mark.parametrize("marks", [("1", "0"), ("True", "False"), ("e-mail", "")])
def test_an_option_that_is_called_email_is_an_answer(marks, tmp_path):
    rows = [["q/a", "q/email", "_id", "_uuid"], ["0", marks[0], "1", "u"], ["1", marks[1], "2", "v"]]
    export = platforms.read(written(tmp_path, rows))
    assert export.meanings[1] == ("" if marks[0] != "e-mail" else "personal")


def test_a_column_that_is_only_ticked_is_an_answer_whatever_its_head(tmp_path):
    export = platforms.read(
        written(tmp_path, [["country", "E-mail", "Address"], ["Kenya", "1", ""], ["France", "0", "yes"]])
    )
    assert export.meanings == ["", "", ""]


def test_a_question_in_a_group_is_not_taken_for_a_column_of_kobos_own(tmp_path):
    export = platforms.read(
        written(tmp_path, [["start", "g/end", "_id", "_uuid"], ["2026", "soon", "1", "u"]])
    )
    assert export.meanings == ["time", "", "row_key", "service"]


def test_a_question_of_the_study_is_read_though_it_looks_personal(tmp_path):
    table("""
        strand | question | kind | option | label_en
        poll   | contact  | text |        | E-mail address
    """).to_csv(tmp_path / "codebook.csv", index=False)
    path = written(tmp_path, [["E-mail address", "Other e-mail"], ["a@example.org", "b@example.org"]])
    export, asked = platforms.read(path), instrument.read(tmp_path / "codebook.csv", "poll")
    matched = matching.match(export, asked)
    found, unknown = matched.questions, matched.unknown
    assert export.meanings == ["personal", "personal"]
    assert (found["contact"].whole, unknown) == ([0], [])


def test_options_in_columns_are_found_by_their_labels_and_ticked_by_them(tmp_path):
    table("""
        strand | question | kind | option | label_en  | label_fr
        poll   | ways     | many |        | Ways?     | Moyens ?
        poll   | ways     |      | chat   | Chat room | Salon
        poll   | ways     |      | phone  | Phone     | Téléphone
    """).to_csv(tmp_path / "codebook.csv", index=False)
    rows = [
        ["Respondent ID", "Ways?", ""],
        ["", "Chat room", "Phone"],
        ["1", "Chat\u00a0room\n", ""],
        ["2", "", "Phone"],
        ["3", "", ""],
    ]
    export, asked = (
        platforms.read(written(tmp_path, rows)),
        instrument.read(tmp_path / "codebook.csv", "poll"),
    )
    matched = matching.match(export, asked)
    found, unknown = matched.questions, matched.unknown
    assert unknown == []
    read = answers.read(export, found["ways"], asked, next(export.batches()))
    assert read.values.tolist() == ["chat", "phone", ""]
    assert read.unread == {}


def test_a_cell_knows_its_place(tmp_path):
    export = platforms.read(written(tmp_path, [["a", "b"], ["", ""], ["1", "2"]]))
    assert list(export.rows.index) == [3]
    assert export.place(3, 27) == "row 3, column AB"


def test_the_explanation_names_columns_and_shows_no_answer(tmp_path, capsys):
    rows = [
        ["ID", "Start time", "Name", "Country", "E-mail"],
        ["1", "1/2/26", "Amina", "Kenya-secret", "a@example.org"],
    ]
    assert cli.main(["ingest", "--explain", str(written(tmp_path, rows))]) == 0
    said = capsys.readouterr().out
    for part in ("platform: microsoft_forms (starts with ID and Start time)", "encoding: UTF-8 (plain ASCII)", "separator: comma",
                 "heads: row 1", "rows of answers: 1, from row 2", "joined with ';'", "row key: A 'ID'", "personal, dropped: C 'Name'",
                 "personal, dropped unless the instrument asks for it: E 'E-mail' (its head names an e-mail address)"):  # fmt: skip
        assert part in said
    assert not any(text in said for text in ("Amina", "secret", "example.org"))


def test_no_head_has_two_meanings_on_one_platform():
    for name in ("service_columns.csv", "personal_heads.csv"):
        path = layouts.SERVICE_COLUMNS.parent / name
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        key = "platform" if "platform" in rows else "match"
        value = "meaning" if "platform" in rows else "kind"
        rows["plain"] = rows["head"].map(layouts.plain)
        assert rows.groupby([key, "plain"])[value].nunique().max() == 1
    assert personal.by_head("") == ""


# Any answers, in each platform's layout, read back

ODD = ["a\nb", 'x"y', ";", "=1+1", "NA", "n.a.", ",,"]
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10) | st.sampled_from(ODD)
TEXT = TEXT.filter(
    lambda text: not text or text.strip()
)  # of blanks alone openpyxl does not say that they count
LAND = st.sampled_from(["Kenya", "Côte d'Ivoire", "中国"])
ANSWERS = st.lists(st.tuples(TEXT, LAND, st.sets(st.sampled_from(["Chat", "Phone"]))), min_size=1, max_size=6)


def forms(one: int, wish: str, land: str, ways: set[str]) -> list[str]:
    return [
        str(one),
        "1/2/26 10:00:00",
        "1/2/26 10:01:00",
        "anonymous",
        "",
        wish,
        land,
        "".join(f"{way};" for way in sorted(ways)),
    ]


def ticks(ways: set[str], yes: str = "1", no: str = "0") -> list[str]:
    return [yes if way in ways else no for way in ("Chat", "Phone")]


def labels(ways: set[str]) -> list[str]:
    return [way if way in ways else "" for way in ("Chat", "Phone")]


def codes(ways: set[str]) -> str:
    return "; ".join(f"{way}(ID{len(way)})" for way in sorted(ways))


# platform → rows of heads, a row of answers, and the columns of wish, land and ways
LAYOUTS = {
    "microsoft_forms": ([["ID", "Start time", "Completion time", "Email", "Name", "Wish?", "Land?", "Ways?"]], forms, (5, 6, [7])),
    "google_forms": (
        [["A title"], ["Horodateur", "Wish?", "Land?", "Ways?"]],
        lambda one, wish, land, ways: [f"2026/01/0{one} 3:04:05 PM GMT+1", wish, land, ", ".join(sorted(ways))], (1, 2, [3]),
    ),
    "kobo": (
        [["g/wish", "g/land", "g/ways", "g/ways/Chat", "g/ways/Phone", "_id", "_uuid\r\n"]],
        lambda one, wish, land, ways: [wish, land, " ".join(sorted(ways)), *ticks(ways), str(one), "u"], (0, 1, [3, 4]),
    ),
    "odk": (
        [["SubmissionDate", "g-wish", "g-land", "g-ways/Chat", "g-ways/Phone", "KEY"]],
        lambda one, wish, land, ways: ["2026", wish, land, *ticks(ways), str(one)], (1, 2, [3, 4]),
    ),
    "limesurvey": (
        [["Response ID", "Date submitted", "Last page", "Seed", "Wish?", "Land?", "Ways? [Chat]", "Ways? [Phone]"]],
        lambda one, wish, land, ways: [str(one), "1980-01-01", "3", "7", wish, land, *ticks(ways, "Yes", "No")], (4, 5, [6, 7]),
    ),
    "surveymonkey": (
        [["Respondent ID", "Wish?", "Land?", "Ways?", ""], ["", "Open-Ended Response", "Response", "Chat", "Phone"]],
        lambda one, wish, land, ways: [str(one), wish, land, *labels(ways)], (1, 2, [3, 4]),
    ),
    "qualtrics": (
        [["StartDate", "ResponseId", "Q1", "Q2", "Q3_1", "Q3_2"], ["Start", "ID", "Wish?", "Land?", "Ways? - Chat", "Ways? - Phone"],
         [f'{{"ImportId":"{n}"}}' for n in range(6)]],
        lambda one, wish, land, ways: ["2026-01-02", f"R_{one}", wish, land, *labels(ways)], (2, 3, [4, 5]),
    ),
    "eusurvey": (
        [["Alias", "Survey"], ["Export Date", "2026"], [""], ["Wish? (ID1)", "Land? (ID2)", "Ways? (ID3)", "Creation date"]],
        lambda one, wish, land, ways: [wish, land, codes(ways), f"2026-01-0{one}"], (0, 1, [2]),
    ),
    "typeform": (
        [["#", "Wish?", "Land?", "Chat", "Phone", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"]],
        lambda one, wish, land, ways: [str(one), wish, land, *labels(ways), "2026", "2026", "3f"], (1, 2, [3, 4]),
    ),
    "table": (
        [["wish", "land", "ways", "last"]],
        lambda one, wish, land, ways: [wish, land, "; ".join(sorted(ways)), str(one)], (0, 1, [2]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("platform", LAYOUTS)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@given(given=ANSWERS)
@settings(max_examples=25, deadline=None)
def test_any_answers_are_read_back_as_they_were_given(platform, kind, given, tmp_path_factory):
    heads, row_of, (wish, land, ways) = LAYOUTS[platform]
    rows = [row_of(number, *one) for number, one in enumerate(given, 1)]
    folder = tmp_path_factory.mktemp("any")
    if kind == "csv":
        export = platforms.read(written(folder, [*heads, *rows]))
    else:
        book = openpyxl.Workbook()
        for number, row in enumerate([*heads, *rows], 1):
            for column, text in enumerate(row, 1):
                if text:
                    book.active.cell(number, column).value = text
                    book.active.cell(number, column).data_type = "s"
        book.save(folder / "answers.xlsx")
        export = platforms.read(folder / "answers.xlsx")
    assert export.platform == platform
    assert list(export.rows.index) == list(range(len(heads) + 1, len(heads) + 1 + len(rows)))
    assert export.rows[wish].tolist() == [one[0] for one in given]
    assert export.rows[land].tolist() == [one[1] for one in given]
    for number, one in zip(export.rows.index, given, strict=True):
        cells = export.rows.loc[number, ways].tolist()
        if len(ways) == 1:
            chosen = set(cells[0].rstrip(export.separator.strip()).split(export.separator)) - {""}
        else:
            chosen = {
                way for way, cell in zip(("Chat", "Phone"), cells, strict=True) if cell not in ("", "0", "No")
            }
        assert chosen == one[2]


# Files that platforms wrote (facts counted independently; skipped where the files are absent)


def real(name: str) -> platforms.Export:
    if not (REAL / name).exists():
        pytest.skip("the real exports are not here")
    return platforms.read(REAL / name)


def given_in(export: platforms.Export, start: str) -> pd.Series:
    """How often each answer was given in the column whose head begins so."""
    number = next(number for number, head in enumerate(export.heads) if head.startswith(start))
    return export.rows[number][export.rows[number] != ""].value_counts()


def test_a_real_limesurvey_export():
    export = real("limesurvey_rse2018.csv")
    assert (export.platform, export.rows.shape) == ("limesurvey", (997, 707))
    countries = given_in(export, "socio1._.")
    assert len(countries) == 33
    expected = {"Germany": 333, "United Kingdom of Great Britain and Northern Ireland": 237, "United States of America": 147,
                "Australia": 99, "Netherlands": 54, "New Zealand": 37, "South Africa": 23, "Canada": 12, "Norway": 6}  # fmt: skip
    assert countries[list(expected)].to_dict() == expected
    variants = [one.question for one in export.columns if one.question.startswith("edu1q")]
    assert {"edu1qde", "edu1qnl", "edu1quk"} <= set(variants)
    option = next(one for one in export.columns if one.question == "currentEmp13qde")
    assert (option.option, option.option_text) == ("SQ001", "Accounting & Finance")


def test_a_real_surveymonkey_export_in_two_rows():
    export = real("surveymonkey_starwars.csv")
    assert (export.platform, export.rows.shape, export.first_row) == ("surveymonkey", (1186, 38), 3)
    assert given_in(export, "Have you seen any").to_dict() == {"Yes": 936, "No": 250}
    films = [
        n
        for n, one in enumerate(export.columns)
        if one.text.startswith("Which of the following") and one.option_text
    ]
    assert [int((export.rows[n] != "").sum()) for n in films] == [673, 571, 550, 607, 758, 738]
    assert given_in(export, "Gender").to_dict() == {"Female": 549, "Male": 497}
    assert any("Windows-1252" in note for note in export.grid.notes)


def test_a_real_surveymonkey_export_in_one_row():
    export = real("surveymonkey_jupyter2020.csv")
    assert (export.platform, export.rows.shape) == ("surveymonkey", (1135, 216))
    languages = {
        one.option_text: int((export.rows[n] != "").sum())
        for n, one in enumerate(export.columns)
        if one.question == "3"
    }
    assert [languages[name] for name in ("Python.", "R.", "SQL.", "Julia.")] == [1122, 184, 124, 96]
    often = given_in(export, "1. How frequently")
    assert (often["Daily - heavy usage; 3+ hours per day."], often["Weekly."]) == (338, 294)


def test_a_real_google_forms_export():
    export = real("google_forms_jupyter2016.csv")
    assert (export.platform, export.rows.shape) == ("google_forms", (125, 25))
    known = {"Mixed (conferences, workshops, ...)": ("mixed", "")}
    known = {matching.normal(label): found for label, found in known.items()}

    def counts(start: str) -> pd.Series:
        number = next(number for number, head in enumerate(export.heads) if head.startswith(start))
        parts = export.rows[number].map(
            lambda text: [part.strip() for part in matching.split(text, export.separator, known)]
        )
        return parts.explode().value_counts()

    tools, languages = counts("Please indicate which"), counts("What language(s)")
    assert [tools[name] for name in ("Jupyter notebook", "nbconvert", "JupyterHub")] == [123, 32, 26]
    assert [languages[name] for name in ("Python 3", "Python 2", "R")] == [88, 55, 11]


def test_a_real_eusurvey_export():
    export = real("eusurvey_everse.xls")
    assert (export.platform, export.rows.shape, export.first_row) == ("eusurvey", (28, 228), 5)
    assert export.rows[227].str[:10].agg(["min", "max"]).tolist() == ["2024-08-01", "2024-10-07"]
    assert not export.rows[7].str.contains("(ID", regex=False).any()
    codes = [one.question for one in export.columns if not one.meaning]
    assert len(set(codes)) == len(codes) == 227
    assert export.layout.choices["S1"] == {"ID10": "Yes", "ID16": "No", "ID17": "I don't know"}


def test_real_exports_of_kobo_and_ona():
    large = real("kobo_onadata_large.csv")
    assert (large.platform, large.rows.shape) == ("kobo", (800, 37))
    assert {"favorite_toppings/cheese", "_submission_time", "meta/instanceID"} <= set(large.heads)
    assert [one.option for one in large.columns if one.question == "favorite_toppings"][:2] == ["", "cheese"]
    rides = real("kobo_onadata_transportation.csv")
    assert (rides.platform, rides.rows.shape) == ("kobo", (4, 23))
    assert rides.rows[10].tolist() == ["", "", "", "camel"]
    assert rides.rows[9].tolist() == ["False", "False", "False", "True"]
    assert rides.columns[9].option == "other"
    repeats = real("kobo_onadata_repeats.csv")
    ages = [
        (one.instance, repeats.rows.loc[2, n])
        for n, one in enumerate(repeats.columns)
        if ("childs_age", "") in one.names
    ]
    assert ages == [(1, "12"), (2, "5"), (3, "13"), (4, "15"), (5, "15"), (6, "53")]
    assert {one.repeat for one in repeats.columns} == {"", "children"}

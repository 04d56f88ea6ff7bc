"""Postal addresses in an answer: street and number, box, postcode with its town, co-ordinates."""

import re
from collections.abc import Iterator

from popresearch.screening.lists import UPPER, either

WORD = r"[^\W\d_]"
HAN = r"[\u4e00-\u9fff]"
HAN_NUMBER = r"[\d一二三四五六七八九十百]"
PROPER = rf"{UPPER}(?:{WORD}|['.-]){{0,30}}"
ARTICLES = "(?:(?i:de la|de l'|de los|de las|del|des|du|de|d'|la|le|les|el|los|las)\\s?){0,3}"
OF_NAME = (
    rf"(?:{PROPER}|(?:de|del|la|las|los|le|les|des|du|da|dos|et|y|e|of|the|d'|l')\s?"
    r"|№\s?\d+|\d{1,4}(?:st|nd|rd|th|º|ª|-я|-й)?)"
)
NUMBER = r"\d{1,5}(?!\d)"
FLAT = rf"(?:(?i:{either('flat')})\s?(?:[\w/-]{{0,4}}\d[\w/-]{{0,4}}|[A-ZА-Я])(?![^\W\d_]))"
TAIL = rf"(?:\s?[,،]?\s?(?:{FLAT}|\d{{4,6}}(?!\d))){{0,5}}"
HOUSE_RU = rf"(?:(?i:дом|д\.|д)\s?)?{NUMBER}[а-яА-Я]?(?:[/-]\d+)?"
POSTCODE = r"(?:\d{4,6}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})(?!\w)"
IN_TOWN = rf"(?!{POSTCODE}){PROPER}"
TOWN = (
    rf"(?:(?:\s?,\s?|\s(?={POSTCODE})|(?<=\d{{4}})\s)(?:{POSTCODE}\s?)?(?:г\.\s?)?"
    rf"(?:{IN_TOWN}(?:[ -]{IN_TOWN}){{0,3}}(?:\s{POSTCODE})?|{POSTCODE})(?:,\s?{PROPER})?"
    rf"|\s?،\s?{either('town_ar')}\s{WORD}+)?"
)
STREET_FR, STREET_ES = rf"(?i:{either('street_before', 'fr')})", rf"(?i:{either('street_before', 'es')})"
STREET_RU, STREET_AR = rf"(?i:{either('street_before', 'ru')})", either("street_before", "ar")
PATTERNS = [
    # 000412, г. Ясногорье; 00412 Valbrume
    rf"(?<!ISO )(?<!\d)(?:\d{{6}},|\d{{5,6}})\s(?:г\.\s?)?(?!{UPPER}{UPPER}){PROPER}(?:\s?,\s?{STREET_RU}\s?{PROPER},?\s?{HOUSE_RU})?",
    rf"(?:邮编|邮政编码)[:：]?\s?\d{{6}}\s?(?:{HAN}{{1,6}}[镇市县区乡村])?",
    # 12 Baker Street; Flat 3, 12 Long Lane
    rf"(?:{FLAT},?\s)?(?<!\d){NUMBER}[A-Za-z]?(?:[/-]\d+[A-Za-z]?)?,?\s(?:{PROPER}\s){{1,4}}{either('street_after')}(?!\w){TAIL}",
    # 12 bis, rue de la Paix; rue de la Paix, n° 12
    rf"(?<!\d){NUMBER}\s?(?:bis|ter|quater)?,?\s{STREET_FR}\s{ARTICLES}{PROPER}(?:[\s-]{OF_NAME}){{0,5}}{TAIL}",
    rf"{STREET_FR}\s{ARTICLES}{PROPER}(?:[\s-]{OF_NAME}){{0,5}}?,?\s?(?:(?i:n[°ºo]\.?|numéro)\s?)?{NUMBER}(?:\s?bis|\s?ter)?{TAIL}",
    # calle Mayor 12; Av. 18 de Julio 1234; carrera 7 # 12-34
    rf"(?<!\w){STREET_ES}\s?{ARTICLES}{OF_NAME}(?:\s(?:de\s)?{OF_NAME}){{0,5}}?\s?,?\s?"
    rf"(?:(?i:n[°ºo.]{{1,2}}|número|num\.?|#)\s?)?{NUMBER}(?:\s?-\s?\d+)?[A-Z]?{TAIL}",
    # ул. Ленина, д. 5, кв. 12; Вишнёвая улица, 7
    rf"(?<!\w){STREET_RU}\s?{OF_NAME}(?:[\s-]{OF_NAME}){{0,5}}?\s?,?\s?{HOUSE_RU}{TAIL}",
    rf"{PROPER}(?:ая|ой|ий|ый|ого)\s{STREET_RU}\s?,?\s?{HOUSE_RU}{TAIL}",
    # شارع النصر رقم 12
    rf"(?:(?<!\d){NUMBER}\s?[،,]?\s?)?[وبل]?{STREET_AR}\s(?:{WORD}+\s){{0,3}}?{WORD}+\s?[،,]?\s?"
    rf"(?:(?:رقم|{either('flat', 'ar')})\s?(?:رقم)?\s?)?{NUMBER}{TAIL}",
    rf"(?<!\d){NUMBER}\s?[،,]?\s?{STREET_AR}\s{WORD}+(?:\s{WORD}+)?",
    # 上海市浦东新区世纪大道100号3栋402室
    rf"(?:{HAN}{{2,5}}?(?:省|自治区))?(?:{HAN}{{2,4}}?市)?(?:{HAN}{{1,4}}?[区县镇乡])?(?:{HAN}|\d){{1,6}}?{either('street_after_zh')}"
    rf"(?:\d+弄)?(?:第?{HAN_NUMBER}{{1,5}}{either('house_zh')}?){{1,5}}",
    rf"(?i:{either('box')})\s?(?:n[°ºo]\.?|№|رقم|:)?\s?\d+(?:-\d+)?",
    r"(?<![\d.])-?\d{1,3}\.\d{4,}\s?°?\s?[NS]?\s?[,;]\s?-?\d{1,3}\.\d{4,}\s?°?\s?[EWO]?",
]
PLACE = re.compile("|".join(f"(?:(?:{pattern}){TOWN})" for pattern in PATTERNS))
NEEDED = re.compile(r"[\d一二三四五六七八九十]")  # in every address


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Find postal addresses as (start, end, kind)."""
    if NEEDED.search(text):
        for match in PLACE.finditer(text):
            yield *match.span(), "place"

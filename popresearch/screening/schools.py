"""Schools by their own name or number in an answer; "the school" and "a high school" are let be."""

import re
from collections.abc import Iterator

from popresearch.screening.lists import UPPER, any_of, either, names, words

WORD = r"[^\W\d_]"
HAN = r"[\u4e00-\u9fff]"
PROPER = rf"{UPPER}(?:{WORD}|['.-]){{0,30}}"
NUMBERED = r"(?i:n[º°o]\.?|number|numéro|número|номер|№|#)?\s?№?\s?\d+"
QUOTED = r"[«\"“„][^«»\"“”„]{2,40}[»\"”“]"
ARTICLES = r"(?i:de la|de l'|des|du|de|del|d'|la|el|los|las|l')"
LEVELS = r"(?i:primaire|primaria|secundaria|secondaire|publique|pública|privada|privé)"
LOWER_GIVEN = any_of(name.casefold() for name in names("given", "latin") if len(name) > 3)
GENERIC = any_of(sorted({*words("common", "en"), *words("school_not_en")}))
BEFORE = rf"(?<!\w)(?i:{either('school_before', 'fr', 'es')})"
OF_PERSON_RU = rf"(?i:имени|им\.)\s?(?:[А-Я]\.\s?){{0,2}}{PROPER}"
TITLE_AR = r"(?:ابن|أبو|ابو|أبي|أم|بنت|عبد|آل|الشيخ|الملك|الأمير|السيدة)"
LEVEL_AR = r"(?:الابتدائية|الثانوية|الإعدادية|للبنات|للبنين|المتوسطة|الأساسية|الدولية|الخاصة)"
REST_AR = rf"(?:ال{WORD}{{3,}}(?=\sال{WORD})|{any_of(names('given', 'arabic'))}|بن|ابن|ال{WORD}{{2,}}(?:ية|ة|ي)|{LEVEL_AR})(?!\w)"
NUMBER_ZH = r"第?[一二三四五六七八九十\d]+"
NAME_ZH = rf"(?:(?![{''.join(words('school_not_zh'))}]){HAN}){{2,4}}(?:里(?=实验|附属|第))?"
PATTERNS = [
    rf"(?i:(?<!\w)(?:st\.?|saint)\s{WORD}{{2,}}(?:'s)?\s(?:(?:primary|secondary|high|elementary|middle|grammar)\s)?school)(?!\w)",
    rf"(?:(?!(?i:{GENERIC})\b){PROPER}\s(?:(?:of|the|and|de)\s)?){{1,4}}{either('school_after', 'en')}(?:\sof\s{PROPER})?(?!\w)",
    rf"{either('school_before', 'en')}\s{PROPER}(?:\s{PROPER}){{0,3}}",
    rf"{BEFORE}(?:\s{LEVELS})?\s(?i:{LOWER_GIVEN})\s{WORD}+",
    rf"{BEFORE}\s(?i:{QUOTED}|n[º°o.]{{1,2}}\s?\d+|n[úu]m[ée]ro\s?\d+|\d+(?=\W|$))",
    rf"{BEFORE}\s(?:(?:{LEVELS}|{ARTICLES})\s?){{0,4}}(?!{either('app')}\b){PROPER}(?:[\s-](?:{ARTICLES}\s|y\s|et\s){{0,2}}{PROPER}){{0,5}}",
    rf"(?<!\w)(?i:{either('school_before', 'ru')})\s?(?:{NUMBERED}|{QUOTED}|{OF_PERSON_RU})(?:\s{OF_PERSON_RU})?",
    r"\d+(?:-я|-й|-ю|-ой)\s(?i:школ[аеуы]|гимнази[яию]|лице[йея])",
    rf"(?<!\w)[وبل]?{either('school_before', 'ar')}\s(?:{LEVEL_AR}\s)?(?!{either('school_not_ar')}(?!\w))"
    rf"(?:«[^»]{{2,40}}»|\"[^\"]{{2,40}}\"|(?:{TITLE_AR}\s)?{WORD}+(?:\s{REST_AR}){{0,4}})",
    rf"(?!希望(?:学校|大学))(?:{HAN}{{2,3}}?[省市县区镇]){{0,3}}(?:{NUMBER_ZH}|{NAME_ZH})(?:{NUMBER_ZH})?(?:附属|实验|外国语|国际|师范|中心){{0,3}}"
    rf"{either('school_after', 'zh')}(?!生|时|阶段|教育)",
    rf"{HAN}{{2,3}}[市县区镇]{NUMBER_ZH}[中小](?!学|时|午|国)",
]
SCHOOL = re.compile("|".join(f"(?:{pattern})" for pattern in PATTERNS))
NEEDED = re.compile(rf"(?i:{either('school_after')}|{either('school_before')}|школ|гимнази|лице|[中小])")


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Find schools as (start, end, kind)."""
    if NEEDED.search(text):
        for match in SCHOOL.finditer(text):
            yield *match.span(), "school"

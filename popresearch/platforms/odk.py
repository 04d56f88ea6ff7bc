"""ODK Central (and Briefcase): SubmissionDate first, KEY near the end, group-question with "-"; a table for each repeat."""

import re

from popresearch.platforms.layout import Column, Layout, Rows, column, meaning, tidy

PLATFORM = "odk"
BEFORE = {  # left of KEY stand the questions, and these
    "SubmissionDate",
    "CompletionDate",
    "start",
    "end",
    "today",
    "starttime",
    "endtime",
    "deviceid",
    "subscriberid",
    "simid",
    "username",
    "simserial",
    "devicephonenum",
    "phonenumber",
    "meta-instanceID",
    "meta-instanceName",
    "meta-audit",
    "instanceID",
    "instanceName",
    "PARENT_KEY",
}
PLACE = re.compile(r"(.+)-(Latitude|Longitude|Altitude|Accuracy)")


def layout(top: Rows, above: Rows) -> Layout | None:
    """Recognise KEY beside SubmissionDate, or beside PARENT_KEY in the table of a repeat."""
    heads = [tidy(head) for head in top[0]]
    other = next((head for head in ("SubmissionDate", "PARENT_KEY") if head in heads), "")
    if "KEY" not in heads or not other:
        return None
    places = {match[1] for head in heads if (match := PLACE.fullmatch(head))}
    key = heads.index("KEY")
    columns = [_column(head, places, number >= key) for number, head in enumerate(heads)]
    return Layout(PLATFORM, f"has the columns {other} and KEY", columns)


def _column(head: str, places: set[str], is_behind: bool) -> Column:
    own = meaning(PLATFORM, head) if is_behind or head in BEFORE else ""
    if PLACE.fullmatch(head) or head in places:
        own = "personal"
    if head.startswith("SET-OF-"):
        own = "service"
    path, _, option = head.partition("/")
    steps = path.split("-")
    # a name may hold "-" itself: the longest that the form knows is the question
    names = [("-".join(steps[first:]), option) for first in range(len(steps))]
    question = steps[-1]
    return column(head, meaning=own, question=question, option=option, option_text=option, text=question,
                  labels=(head, question), names=tuple(names))  # fmt: skip

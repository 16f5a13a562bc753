"""What verifying found, in the formats that people and programs read."""

from collections.abc import Callable, Mapping

from symderiv.verification.reports.as_json import as_json
from symderiv.verification.reports.github import github
from symderiv.verification.reports.html import html
from symderiv.verification.reports.junit import junit
from symderiv.verification.reports.sarif import sarif
from symderiv.verification.reports.text import text

FORMATS: Mapping[str, Callable[..., str]] = {
    "text": text,
    "json": as_json,
    "sarif": sarif,
    "github": github,
    "html": html,
    "junit": junit,
}

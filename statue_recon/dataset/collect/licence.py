"""What licence a statement means: "CC BY 4.0", a link to Creative Commons or the text of a LICENSE file.

Licences are named as SPDX does where it has a name for them: CC0-1.0, CC-BY-4.0, MIT, …
"""

from __future__ import annotations

import re

NONE = {"", "-", "?", "n/a", "none", "null", "unknown", "unlicensed", "not specified", "proprietary"}
CLOSED = re.compile(
    r"all rights reserved|^(free )?standard$|^editorial$|^(free-)?st$|^ed$|no licen[cs]e|not licensed", re.IGNORECASE
)
PUBLIC_DOMAIN = "CC-PDM-1.0"  # Creative Commons' mark for what no copyright lies on

_LINK = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/(\d\.\d)", re.IGNORECASE)
_TERMS = r"by(?:[ -]nc)?(?:[ -](?:sa|nd))?"
_SHORT = re.compile(rf"^(?:cc|creative commons)?[ -]*({_TERMS})[ -]*v?(\d\.\d)?(?: (?:international|unported))?$")
_LONG = re.compile(
    r"^(?:cc|creative commons)? ?attribution((?:[ -]+(?:noncommercial|non-commercial|sharealike|share-alike"
    r"|noderivs|noderivatives|no-derivatives))*)[ -]*v?(\d\.\d)?",
)
_WORDS = {"noncommercial": "NC", "non-commercial": "NC", "sharealike": "SA", "share-alike": "SA"}
_SPDX = re.compile(r"MIT|ISC|CC-.+|[A-Za-z]+(?:-[A-Za-z]+)*-\d[\w.-]*")
# How texts of licences begin, or name themselves.
_TEXTS = (
    (r"SPDX-License-Identifier:\s*([\w.+-]+)", None),
    (r"\bCC0\b|CC Zero|Creative Commons Zero", "CC0-1.0"),
    (r"((?:CC|Creative Commons)[ -]*(?:BY\b|Attribution)[^\n(,;]*)", None),
    (r"^\W*(Attribution(?:-\w+)* \d\.\d)", None),
    (r"MIT License|Permission is hereby granted, free of charge", "MIT"),
    (r"Apache License\s+Version 2\.0", "Apache-2.0"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 3", "GPL-3.0-or-later"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 2", "GPL-2.0-or-later"),
    (r"Open Data Commons Attribution", "ODC-By-1.0"),
)
_BEGINNING = 4000  # characters of a text in which it says what it is


def named(statement: str) -> str | None:
    """The licence a short statement names, None where it names none. What is unknown is kept in its own words."""
    said = " ".join(statement.replace("_", " ").split())
    plain = said.lower().strip(" .")
    if plain in NONE or CLOSED.search(plain):
        return None
    if link := _LINK.search(said):
        return _from_link(link[1].lower(), link[2])
    if re.fullmatch(r"(?:cc|creative commons)[ -]*(?:0|zero)[ -]*(?:v?1\.0)?(?: universal| public domain)*", plain):
        return "CC0-1.0"
    if short := _SHORT.match(plain):
        return _versioned(short[1].upper().replace(" ", "-"), short[2])
    if long := _LONG.match(plain):
        return _versioned("-".join(["BY", *_terms(long[1])]), long[2])
    if re.search(r"public domain|no (?:known )?copyright", plain):
        return PUBLIC_DOMAIN
    return said


def in_text(text: str) -> str | None:
    """The licence that the text of a LICENSE file is, or speaks of; None where it is none we know."""
    beginning = text[:_BEGINNING]
    if link := _LINK.search(beginning):
        return _from_link(link[1].lower(), link[2])
    found = [(re.search(pattern, beginning, re.IGNORECASE | re.MULTILINE), name) for pattern, name in _TEXTS]
    matches = [(match.start(), name or named(match[1])) for match, name in found if match]
    if matches:
        return min(matches, key=lambda match: match[0])[1]
    if re.search(r"public domain|no copyright (?:is )?claimed", beginning, re.IGNORECASE):
        return PUBLIC_DOMAIN
    name = named(beginning) or ""  # the file may hold the name alone
    return name if _SPDX.fullmatch(name) else None


def asks_for_the_author(licence: str) -> bool:
    """Whether nothing under this licence may be used without naming its author."""
    return licence.upper().startswith("CC-BY")


def _from_link(kind: str, version: str) -> str:
    if kind == "zero":
        return "CC0-1.0"
    return PUBLIC_DOMAIN if kind == "mark" else _versioned(kind.upper(), version)


def _versioned(terms: str, version: str | None) -> str:
    return f"CC-{terms}-{version}" if version else f"CC-{terms}"


def _terms(words: str) -> list[str]:
    found = re.findall(r"non-?commercial|share-?alike|no-?deriv\w*", words)
    return [_WORDS.get(word, "ND") for word in found]

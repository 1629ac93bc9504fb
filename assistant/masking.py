"""Keeps order passwords and payment details out of what is stored, logged and handed over."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "••••••"

_SAID = re.compile(
    r"(?i)(?P<lead>\b(?:mots?[ -]de[ -]passe|mdp|pass ?word|passe|pwd|clef?)\b"
    r"(?:\s+(?:de|pour)\s+(?:la|ma)\s+commande)?"
    r"(?:\s+[A-Z0-9-]{6,20}(?=\s*[:=]|\s+est\b))?(?P<link>\s*(?:est|c['’]est|is|:|=|»)?\s*:?)\s*[«\"'“]?\s*)"
    r"(?P<secret>(?=\S*[\d_!@#$%&*+?-])[^\s«»\"'“”,;]{8,})"
)
"""« mot de passe : xyz »: a word of eight characters or more that is not plain letters."""

_NUMBER_LIKE = re.compile(r"(?<![\w-])(?=[A-Z0-9-]*\d)[A-Z0-9-]{6,20}(?![\w-])")


_CARD = re.compile(r"(?<![\w-])(?=4|5[1-5]|2[2-7]|3[04-9]|6)(?:\d[ .\u00a0\u202f-]?){12,18}\d(?![\w-])")
_IBAN = re.compile(
    r"(?i)(?<![\w-])[A-Z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Z0-9]{4}){2,7}(?:[ \u00a0\u202f]?[A-Z0-9]{1,3})?(?!\w)"
)
_SECURITY_CODE = re.compile(
    r"(?i)(?P<lead>\b(?:cryptogrammes?(?:\s+visuels?)?|crypto|cvv2?|cvc2?|cvn|code\s+de\s+s[ée]curit[ée])\b"
    r"\s*(?:est|c['’]est|is|:|=)?\s*:?\s*)\d{3,4}(?!\w)"
)


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with order passwords replaced, those known by now and what is called a password in it, and
    without payment details.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    for secret in passwords_said(text):
        text = text.replace(secret, MASK)
    return without_payment_details(text)


def passwords_said(text: str) -> frozenset[str]:
    """What the text itself calls a password."""
    return frozenset(
        match["secret"].rstrip(".!?)")
        for match in _SAID.finditer(text)
        if not _may_be_the_number(match, text)
    )


def _may_be_the_number(match: re.Match[str], text: str) -> bool:
    """« le mot de passe de ma commande AB-2025-0417 »: the word after it may name the order."""
    if match["link"].strip() or not _NUMBER_LIKE.fullmatch(match["secret"]):
        return False
    return not _NUMBER_LIKE.search(text[: match.start()] + " " + text[match.end() :])


def without_payment_details(text: str) -> str:
    """The text without card numbers (by their check digit), security codes and IBANs: nothing here needs
    them.
    """
    text = _CARD.sub(lambda match: MASK if _is_card(match.group()) else match.group(), text)
    text = _IBAN.sub(lambda match: MASK if _is_iban(match.group()) else match.group(), text)
    return _SECURITY_CODE.sub(lambda match: match["lead"] + MASK, text)


def _is_card(typed: str) -> bool:
    """Whether the check digit of a card number holds (Luhn, ISO/IEC 7812-1)."""
    digits = [int(char) for char in reversed(typed) if char.isdecimal()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_iban(typed: str) -> bool:
    """Whether the check digits of an IBAN hold (ISO 13616: 97 divides one less)."""
    joined = "".join(typed.split()).upper()
    return int("".join(str(int(char, 36)) for char in joined[4:] + joined[:4])) % 97 == 1

"""What is derived from an article: passages, sentences, and which of them state facts.

Rows carry a digest of what they were derived by. Where it is no longer this one (the cutting, the reading of
sentences or the fact register changed) they are derived again, from the stored text.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from knowledge import facts
from knowledge.chunking import passages
from knowledge.models import Article
from knowledge.rows import Prepared, StoredEvidence, StoredSentence, sentence_ref
from knowledge.text import sentences

_PACKAGE = Path(__file__).parent
ROW_SOURCES = (
    "chunking.py",
    "derivation.py",
    "facts.py",
    "facts.yaml",
    "patterns.py",
    "quantities.py",
    "rows.py",
    "text.py",
    "wordlists/abbreviations.txt",
)
"""The files of this package that decide what rows an article has."""

INDEX_SOURCES = ("lexical.py", "text.py", "wordlists/other_topics.txt", "wordlists/stop_words.txt")
"""The files of this package that decide what an index of the same passages holds."""


@cache
def digest_of(names: tuple[str, ...], package: Path = _PACKAGE) -> str:
    """A digest of the bytes of some files of the package."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0".encode() + (package / name).read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]


def derivation() -> str:
    """What rows are derived by, besides the article: they are up to date while theirs is this one."""
    return digest_of(ROW_SOURCES)


def prepare(article: Article, taken: dict[str, str]) -> Prepared:
    """Derive passages, sentences and evidence; `taken` maps used sentence ids to articles and is added to."""
    split = sentences(article.text)
    located = facts.locate(article, split, facts.load_register())
    stated: dict[tuple[int, int], list[str]] = {}
    for one in located:
        stated.setdefault((one.start, one.end), []).append(one.fact)
    refs: dict[tuple[int, int], str] = {}
    for sentence in split:
        span = (sentence.start, sentence.end)
        refs[span] = sentence_ref(article.id, span[0], article.text[slice(*span)], taken)
        taken[refs[span]] = article.id
    return Prepared(
        article=article,
        passages=passages(article),
        sentences=tuple(
            StoredSentence(
                ref=refs[sentence.start, sentence.end],
                article=article.id,
                start=sentence.start,
                end=sentence.end,
                kind=sentence.kind,
                intro=refs[sentence.intro] if sentence.intro else None,
                facts=tuple(dict.fromkeys(stated.get((sentence.start, sentence.end), ()))),
            )
            for sentence in split
        ),
        evidence=tuple(
            StoredEvidence(ref=refs[one.start, one.end], evidence=one)
            for one in located
            if (one.start, one.end) in refs
        ),
        derivation=derivation(),
    )

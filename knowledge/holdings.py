"""The rows of the store in memory, joined up for searching and citing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge import facts as register
from knowledge.chunking import embedded_text
from knowledge.models import Article, Source
from knowledge.rows import StoredPassage, StoredSentence, as_source, passage_id
from knowledge.store import Store
from knowledge.text import stems


@dataclass(frozen=True, slots=True)
class Holdings:
    """What SQL holds, in memory, for one state of the articles."""

    content: str
    articles: Mapping[str, Article]
    passages: Sequence[StoredPassage]
    sentences: Mapping[str, Sequence[StoredSentence]]
    by_ref: Mapping[str, StoredSentence]
    evidence: Mapping[str, tuple[Source, ...]]
    statements: Mapping[str, tuple[Source, ...]]
    found: Sequence[register.Evidence]
    stems: dict[str, frozenset[str]] = field(default_factory=dict)

    def within(self, passage: StoredPassage) -> list[StoredSentence]:
        """The sentences of a passage, in order."""
        return [
            sentence
            for sentence in self.sentences.get(passage.article, ())
            if passage.start <= sentence.start and sentence.end <= passage.end
        ]

    def document(self, passage: StoredPassage) -> str:
        """The text a passage is found by."""
        return embedded_text(self.articles[passage.article], passage.heading_path, passage.start, passage.end)

    def stems_of_passage(self, passage: StoredPassage) -> frozenset[str]:
        """The stems of a passage with its title and headings, remembered."""
        key = passage_id(passage.article, passage.position)
        if key not in self.stems:
            self.stems[key] = frozenset(stems(self.document(passage)))
        return self.stems[key]

    def stems_of(self, sentence: StoredSentence) -> frozenset[str]:
        """The stems of a sentence, remembered."""
        if sentence.ref not in self.stems:
            text = self.articles[sentence.article].text[sentence.start : sentence.end]
            self.stems[sentence.ref] = frozenset(stems(text))
        return self.stems[sentence.ref]


def is_shipped(article: Article) -> bool:
    """Whether it is one of the project's own articles: they restate, so anyone else's are quoted first."""
    return Path(article.path).parts[-3:-1] == ("knowledge", "articles")


def hold(store: Store, content: str) -> Holdings:
    """Read all rows; `content` is the digest of the articles they are."""
    articles = {article.id: article for article in store.articles()}
    sentences: dict[str, list[StoredSentence]] = {}
    by_ref: dict[str, StoredSentence] = {}
    for sentence in store.sentences():
        sentences.setdefault(sentence.article, []).append(sentence)
        by_ref[sentence.ref] = sentence
    found = store.evidence()
    refs = {(one.evidence.article, one.evidence.start): one.ref for one in found}
    wanted = dict.fromkeys(one.evidence.fact for one in found)

    def sources(chosen: Iterable[register.Evidence]) -> tuple[Source, ...]:
        picked = (by_ref[refs[one.article, one.start]] for one in chosen)
        return tuple(as_source(sentence, articles[sentence.article]) for sentence in picked)

    best = register.best([one.evidence for one in found], wanted)
    return Holdings(
        content=content,
        articles=articles,
        passages=store.passages(),
        sentences=sentences,
        by_ref=by_ref,
        evidence={
            fact: tuple(sorted(sources(chosen), key=lambda source: is_shipped(articles[source.article])))
            for fact, chosen in best.items()
        },
        statements={
            fact: sources(one.evidence for one in found if one.evidence.fact == fact) for fact in wanted
        },
        found=[one.evidence for one in found],
    )

"""What the articles state, said in our words with the sentences that support them.

`Draft.say("…", "F07")` cites, among all sentences of this turn that state the fact, those whose words and
figures hold what is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.engine.planning import Known
from assistant.engine.words import folded

LONGEST_ENTRY = 48
"""Characters of an entry in a list of names."""
MOST_REFS = 2
"""Articles cited for one fact."""
MOST_SENTENCES = 3
"""Sentences of one article cited for one statement."""
_ROOT = 5
"""Characters in which two forms of a French word agree."""
_MORE = 3
"""How many further words of a statement a second sentence has to hold to be cited too."""

_FIGURE = re.compile(r"\d+(?:[ \u00a0\u202f]\d{3})*(?:,\d+)?")

Source = Mapping[str, Any]


def figures(text: str) -> set[str]:
    """The figures of a text, as written."""
    return {figure[0] for figure in _FIGURE.finditer(text)}


def _roots(text: str) -> set[str]:
    return {word[:_ROOT] for word in re.split(r"\W+", folded(text)) if len(word) >= _ROOT - 1}


def supporting(text: str, sentences: Sequence[Source]) -> list[Source]:
    """The sentences that hold what a text says, at most `MOST_REFS` articles; none where figures are missing.

    Of one article, the sentence that has most of the words comes first, then those that add to it.
    """
    by_article: dict[str, list[Source]] = {}
    for sentence in sentences:
        by_article.setdefault(str(sentence.get("article")), []).append(sentence)
    chosen: list[Source] = []
    for own in list(by_article.values()):
        picked = _picked(text, own)
        if picked and len({each["article"] for each in chosen}) < MOST_REFS:
            chosen += picked
    return chosen


def _picked(text: str, sentences: Sequence[Source]) -> list[Source]:
    numbers, words = figures(text), _roots(text)
    picked: list[Source] = []
    rest = list(sentences)
    while rest and len(picked) < MOST_SENTENCES:
        best = max(rest, key=lambda s: _gain(s, numbers, words))
        counted, said = _gain(best, numbers, words)
        if picked and not counted and said < _MORE:
            break
        picked.append(best)
        rest.remove(best)
        numbers, words = numbers - figures(best["quote"]), words - _roots(best["quote"])
    return [] if numbers else picked


def _gain(sentence: Source, numbers: set[str], words: set[str]) -> tuple[int, int]:
    quote = str(sentence["quote"])
    return len(numbers & figures(quote)), len(words & _roots(quote))


@dataclass(slots=True)
class Draft:
    """What is gathered while a turn is worded.

    `told`: the points told on which the articles disagree; `unanswered`: nothing was found.
    """

    evidence: dict[str, list[dict[str, Any]]]
    known: Known
    quotes: list[str] = field(default_factory=list)
    offer: dict[str, Any] | None = None
    offered: str = ""
    shown: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    cited: set[str] = field(default_factory=set)
    unanswered: bool = False

    def sources(self, facts: Iterable[str]) -> list[dict[str, Any]]:
        """The sentences stating the facts, at most `MOST_REFS` articles each, each sentence once."""
        found: dict[str, dict[str, Any]] = {}
        for fact in facts:
            by_article: dict[str, dict[str, Any]] = {}
            for source in self.evidence.get(fact, ()):
                by_article.setdefault(str(source.get("article")), source)
            found |= {source["ref"]: source for source in list(by_article.values())[:MOST_REFS]}
        return list(found.values())

    def cite(self, *facts: str, about: str = "") -> str:
        """The references of the facts, with the space before them; nothing where the articles are silent.

        `about`: what is said, where one of a fact's sentences says it more than the others.
        """
        if about:
            return self._references(
                s for fact in facts for s in supporting(about, self.evidence.get(fact, ()))[:1]
            )
        return self._references(self.sources(facts))

    def _references(self, sources: Iterable[Source]) -> str:
        refs = list(dict.fromkeys(str(source["ref"]) for source in sources))
        self.cited.update(refs)
        return "".join(f" [{ref}]" for ref in refs)

    def has(self, *facts: str) -> bool:
        """Whether the articles state every one of the facts."""
        return all(self.evidence.get(fact) for fact in facts)

    def say(self, text: str, *facts: str, end: str = ".") -> str:
        """What the articles state, in our words, cited, closed by `end`; quoted where the figures differ.

        Nothing where the articles do not state every one of the facts, or state no figure where we do.
        """
        if not self.has(*facts):
            return ""
        chosen = [source for fact in facts for source in supporting(text, self.evidence[fact])]
        if chosen:
            return f"{text.rstrip().removesuffix('.')}{self._references(chosen)}{end}"
        other = [s for s in self.sources(facts) if figures(s["quote"]) and s["ref"] not in self.cited]
        return f"{' ; '.join(self.quote(source) for source in other)}{end}" if other else ""

    def mention(self, point: str) -> str:
        """How to tell a point on which articles disagree: "full" the first time in a conversation, then
        "short", and "" where this answer has told it.
        """
        if point in self.told:
            return ""
        self.told.append(point)
        return "short" if point in self.known.turn.state.told else "full"

    def not_found(self) -> str:
        """Notes that nothing answers the question. Words nothing where it stands."""
        self.unanswered = True
        return ""

    def quote(self, source: Source) -> str:
        """One sentence of an article, word for word."""
        self.cited.add(str(source["ref"]))
        self.quotes.append(str(source["quote"]).strip())
        return f"« {source['title']} » dit : « \x02{len(self.quotes) - 1}\x03 » [{source['ref']}]"

    def propose(self, skill: str, text: str, **slots: Any) -> str:
        """An offer to do something next, put at the end of the answer; a yes in reply takes it up.

        None beside a change that waits for its own yes. Words nothing where it stands.
        """
        if not self.known.proposed and not self.known.turn.state.pending:
            given = {name: value for name, value in slots.items() if value is not None}
            self.offer = {"slot": "offer", "skill": skill, "slots": given}
            self.offered = text
        return ""

    def items(self, fact: str) -> list[dict[str, Any]]:
        """The entries of a list that states a fact: the short sentences of one article."""
        stated = self.evidence.get(fact, [])
        first = stated[0]["article"] if stated else None
        return [s for s in stated if s["article"] == first and len(s["quote"]) < LONGEST_ENTRY]

    def restored(self, text: str) -> str:
        """The text with the quotations put back, untouched."""
        return re.sub(r"\x02(\d+)\x03", lambda match: self.quotes[int(match[1])], text)


def evidence_of(known: Known) -> dict[str, list[dict[str, Any]]]:
    """Fact id -> the sentences stating it among all the sources of this turn's tool results."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for use in known.turn.uses:
        for source in use.result.get("sources") or ():
            for fact in source.get("facts") or ():
                found.setdefault(fact, {}).setdefault(source["ref"], source)
    return {fact: list(sources.values()) for fact, sources in found.items()}

"""Under which id each article is kept.

An article that states an id (front matter, JSONL) has that one. Any other is named after its file: `faq`
for `aide/faq.txt`; where that name is another file's, the path from its folder on, `aide/faq.txt`, or as much
more of it as tells the two apart. A file keeps the id it has, so that what cites it stays right.

Folders are often synced one by one, so the articles already stored count as well: one whose file is still
there keeps its id, and a file of the same name elsewhere gets a longer one. Where a *stated* id is that of a
stored article from another file, the new one replaces it, because it says so, and one warning for each pair
of files tells. A copy of the same article is that article. With `prune`, only the folders given count.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.messages import say
from knowledge.models import Article
from knowledge.rows import StoredRow, article_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An article as its file gives it; `line`: where in the file (0: all of it); `base`: the folder given."""

    file: Path
    base: Path
    text: str
    title: str = ""
    id: str = ""
    date: datetime.date | None = None
    source: str = ""
    facts: tuple[str, ...] = ()
    line: int = 0

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    def article(self, id: str) -> Article:
        """The article under an id."""
        return Article(
            id=id,
            title=unicodedata.normalize("NFC", " ".join(self.title.split(" "))) or id,
            text=self.text,
            date=self.date,
            source=self.source,
            path=str(self.file),
            facts=self.facts,
        )


@dataclass(frozen=True, slots=True)
class Named:
    """Articles with their ids; drafts left out because their id is taken, each with its line; warnings."""

    articles: list[Article]
    refused: list[tuple[Draft, str]]
    warnings: list[str]


def name(
    drafts: Sequence[Draft], stored: Mapping[str, StoredRow], *, failed: Collection[str], prune: bool
) -> Named:
    """Give every draft its id. `failed`: paths of files that could not be read (whole)."""
    namer = _Namer(drafts, stored, failed, prune)
    origin: dict[str, Draft] = {}
    named = Named([], [], [])
    replaced: Counter[tuple[str, str]] = Counter()
    for draft in drafts:
        id = unicodedata.normalize("NFC", draft.id) or namer.file_name(draft)
        if id in origin:
            problem = say("article.same_id", id=id, other=origin[id].where)
            named.refused.append((draft, say("at.file", path=draft.where, problem=problem)))
            continue
        if draft.id and namer.held(id, draft):
            replaced[str(draft.file), stored[id].path] += 1
        origin[id] = draft
        named.articles.append(draft.article(id))
    for (file, other), count in replaced.items():
        problem = say("article.replaces", count=count, other=other)
        named.warnings.append(say("at.file", path=file, problem=problem))
    return named


class _Namer:
    def __init__(
        self,
        drafts: Sequence[Draft],
        stored: Mapping[str, StoredRow],
        failed: Collection[str],
        prune: bool,
    ) -> None:
        unnamed = [draft for draft in drafts if not draft.id]
        former = {row.path: id for id, row in stored.items()}
        self._stored = stored
        self._failed = failed
        self._prune = prune
        self._read = {str(draft.file) for draft in drafts}
        self._taken = {unicodedata.normalize("NFC", draft.id) for draft in drafts if draft.id}
        self._stems = Counter(draft.file.stem for draft in unnamed)
        self._kept = {
            draft.file: former[str(draft.file)]
            for draft in unnamed
            if former.get(str(draft.file)) in set(_names(draft)) - self._taken
        }
        self._taken |= set(self._kept.values())

    def file_name(self, draft: Draft) -> str:
        """The id of an article that states none."""
        if draft.file in self._kept:
            return self._kept[draft.file]
        names = list(_names(draft))
        free = (id for id in names if id not in self._taken and not self.held(id, draft))
        id = next((id for id in free if id != names[0] or self._stems[draft.file.stem] == 1), names[-1])
        self._taken.add(id)
        return id

    def held(self, id: str, draft: Draft) -> bool:
        """Whether a stored article with that id is another one, from a file that is still its own."""
        row = self._stored.get(id)
        if row is None or row.path == str(draft.file) or row.digest == article_digest(draft.article(id)):
            return False
        if row.path in self._failed:
            return True
        return row.path not in self._read and not self._prune and Path(row.path).is_file()


def _names(draft: Draft) -> Iterator[str]:
    """What a file may be called, shortest first; the last is its whole path."""
    parts = [unicodedata.normalize("NFC", part) for part in draft.file.parts[1:]]
    yield unicodedata.normalize("NFC", draft.file.stem)
    for length in range(max(2, len(draft.file.relative_to(draft.base).parts)), len(parts) + 1):
        yield "/".join(parts[-length:])

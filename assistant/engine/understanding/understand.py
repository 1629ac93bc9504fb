"""Understanding one message: clauses, an intent each or none, entities, language, temper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.engine.understanding.aligned import align
from assistant.engine.understanding.clauses import Piece, split
from assistant.engine.understanding.entities import moved, read_entities
from assistant.engine.understanding.intents import NOTHING, SHIPPED, IntentModel, examples_digest, load_model
from assistant.engine.understanding.manners import is_frustrated, read_language
from assistant.engine.understanding.records import Clause, Context, ProductRef, Understood
from knowledge.models import ModelUnavailableError

if TYPE_CHECKING:
    from knowledge.dense import Encoder

READ = 4_000
"""Characters read of a message; of a longer one, its beginning."""
CLAUSE_READ = 600
SURE = 0.6
"""Below this probability the classifier abstains."""
MARGIN = 0.2
"""… or when the second guess comes this close."""
STATED = 0.7
"""What a clause that asks nothing must reach, in a message that asks something elsewhere."""
PLAIN = 0.93
"""From here on words alone decide, and no embedding is made."""


class Understander:
    """Reads messages with fitted weights and an encoder; safe to use from several threads.

    Without an encoder, or when its model cannot be loaded or is not the one the weights were fitted to,
    words alone decide.
    """

    def __init__(self, model: IntentModel, encoder: Encoder | None = None) -> None:
        self.model = model
        self._encoder = encoder if encoder is not None and encoder.key == model.embedding else None
        self._scored = lru_cache(maxsize=2_048)(self._score)

    def understand(
        self, text: str, *, products: Sequence[ProductRef] = (), context: Context | None = None
    ) -> Understood:
        """What a message says. Never raises on any text; the same text, products and context give the same
        result.
        """
        today = context.today if context else None
        aligned = align(text[:READ])
        pieces = split(aligned) or ([Piece(0, len(aligned.text), False)] if aligned.text.strip() else [])
        own = tuple(dict.fromkeys(product.product for product in products))
        texts = tuple(
            aligned.text[piece.start : min(piece.end, piece.start + CLAUSE_READ)] for piece in pieces
        )
        ranked = self._scored(texts, own) if texts else ()
        asking = any(piece.asks and _decided(ranking) for piece, ranking in zip(pieces, ranked, strict=True))
        whole = read_entities(aligned, products, today)
        clauses = []
        for piece, ranking in zip(pieces, ranked, strict=True):
            part = aligned.text[piece.start : piece.end]
            intent = _decided(ranking)
            if asking and not piece.asks and ranking[0][1] < STATED:
                intent = None
            entities = whole if len(pieces) == 1 else moved(read_entities(part, products, today), piece.start)
            clauses.append(
                Clause(
                    text=part,
                    start=piece.start,
                    end=piece.end,
                    intent=intent,
                    probability=ranking[0][1],
                    alternatives=tuple((name, p) for name, p in ranking if name != NOTHING)[:3],
                    entities=entities,
                )
            )
        return Understood(
            text=text,
            clauses=tuple(clauses),
            entities=whole,
            language=read_language(aligned),
            frustrated=is_frustrated(aligned),
            truncated=len(text) > READ,
        )

    def _score(
        self, texts: tuple[str, ...], own: tuple[str, ...]
    ) -> tuple[tuple[tuple[str, float], ...], ...]:
        model = self.model
        lexical = model.lexical_scores(texts, own)
        found = model.probabilities(lexical)
        unsure = [row for row in range(len(texts)) if found[row].max() < PLAIN]
        if unsure and self._encoder is not None:
            try:
                vectors = self._encoder.encode([_clean(texts[row]) for row in unsure])
            except ModelUnavailableError:
                self._encoder = None
            else:
                found[unsure] = model.probabilities(lexical[unsure], model.dense_scores(vectors))
        ranked = []
        for row in found:
            best = row.argsort(kind="stable")[::-1][:4]
            ranked.append(tuple((model.names[at], round(float(row[at]), 4)) for at in best))
        return tuple(ranked)


def _clean(text: str) -> str:
    """What a tokenizer can take: half surrogate pairs are no text."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _decided(ranking: Sequence[tuple[str, float]]) -> str | None:
    (name, probability), (_, second) = ranking[0], ranking[1]
    if name == NOTHING or probability < SURE or probability - second < MARGIN:
        return None
    return name


def weights_of(home: Path) -> Path:
    """Where weights refitted on this machine are kept."""
    return home / "understanding" / "intents.npz"


def prepare(encoder: Encoder, home: Path) -> Understander:
    """The understander for this embedding: weights refitted into `home` where they fit examples and
    embedding exactly, else the shipped ones, by words alone for another embedding.

    Nothing is fitted here: that takes a minute, and a first turn must not wait for it (see `refit`).
    """
    try:
        own = load_model(weights_of(home))
    except (OSError, KeyError, ValueError):
        own = None
    if own and (own.digest, own.embedding) == (examples_digest(), encoder.key):
        return Understander(own, encoder)
    return Understander(load_model(SHIPPED), encoder)


def is_current(encoder: Encoder, home: Path) -> bool:
    """Whether the weights in use were fitted to the examples and the embedding as they are."""
    model = prepare(encoder, home).model
    return (model.digest, model.embedding) == (examples_digest(), encoder.key)


def refit(encoder: Encoder, home: Path) -> Understander:
    """Fit weights to the examples and the embedding as they are, into `home`; takes a minute or two.

    Raises ModelUnavailableError or OSError.
    """
    from assistant.engine.understanding.train import train

    train(weights_of(home), encoder)
    return prepare(encoder, home)


@cache
def shipped() -> Understander:
    """The shipped weights over the bundled embedding, loaded once."""
    from knowledge.dense import Encoder

    return Understander(load_model(SHIPPED), Encoder())


def understand(
    text: str,
    *,
    products: Sequence[ProductRef] = (),
    context: Context | None = None,
    by: Understander | None = None,
) -> Understood:
    """What a message says, read by `by` or with the shipped weights."""
    return (by or shipped()).understand(text, products=products, context=context)

"""Retrieval on the French development corpus: nDCG@10 by kind of query, BM25, embeddings and both.

    python benchmarks/retrieval_dev.py CORPORA/dev [--model bundled] [--cache FOLDER] [--sweep]

Passages, stems, query reading and fusion are the product's own. `title` and `title_question` queries search
texts without their titles (the title is the query); the others search title and text. An article scores by
its best passage; articles labelled `acceptable` count as neither hit nor miss. `--sweep` tries several dense
weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.chunking import embedded_text, passages
from knowledge.dense import Encoder
from knowledge.fusion import DENSE_WEIGHT, fuse
from knowledge.lexical import LexicalIndex, Query
from knowledge.models import Article
from knowledge.text import stems

WITHOUT_TITLE = ("title", "title_question")
WEIGHTS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5)


@dataclass(frozen=True)
class Corpus:
    """Passages of the articles, indexed: `owners[i]` is the article of passage i."""

    owners: list[str]
    lexical: LexicalIndex
    vectors: np.ndarray


def _rows(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def embed(encoder: Encoder, texts: list[str], cache: Path | None) -> np.ndarray:
    """Embed texts, or take them from the cache folder."""
    key = hashlib.sha256("\0".join([encoder.key, *texts]).encode()).hexdigest()[:16]
    file = cache / f"{key}.npy" if cache else None
    if file and file.exists():
        return np.load(file)
    parts = []
    for begin in range(0, len(texts), 512):
        parts.append(encoder.encode_many(texts[begin : begin + 512]))
        print(f"\rembedding {begin + len(parts[-1])}/{len(texts)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    vectors = np.concatenate(parts)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, vectors)
    return vectors


def corpus(folder: Path, encoder: Encoder, cache: Path | None, *, titles: bool) -> Corpus:
    """Cut, index and embed the development articles."""
    owners, documents = [], []
    for row in _rows(folder / "articles.jsonl"):
        article = Article(id=str(row["id"]), title=str(row["title"]) if titles else "", text=str(row["text"]))
        for passage in passages(article):
            owners.append(article.id)
            documents.append(embedded_text(article, passage.heading_path, passage.start, passage.end))
    return Corpus(owners, LexicalIndex.build(documents), embed(encoder, documents, cache))


def plain(text: str, index: LexicalIndex) -> Query:
    """The query without corrections, short forms or synonyms: French BM25 and nothing else."""
    known = [stemmed for stemmed in stems(text) if index.knows(stemmed)]
    return Query(text, tuple((stemmed, {stemmed: 1.0}) for stemmed in known))


def by_article(owners: list[str], scores: np.ndarray) -> dict[str, float]:
    """Each article's best passage score; only the best two hundred passages are looked at."""
    best: dict[str, float] = {}
    for at in np.argsort(-scores, kind="stable")[:200]:
        best.setdefault(owners[at], float(scores[at]))
    return best


def systems(
    held: Corpus, text: str, vector: np.ndarray, weights: tuple[float, ...]
) -> dict[str, dict[str, float]]:
    """What each way of searching finds for a query."""
    bare = held.lexical.scores(plain(text, held.lexical))
    forgiving = held.lexical.scores(held.lexical.query(text))
    cosines = held.vectors @ vector
    found = {"BM25": bare, "BM25 forgiving": forgiving, "dense": cosines}
    for weight in weights:
        found[f"fused {weight}"] = fuse(
            forgiving,
            cosines,
            highest=float(forgiving.max(initial=0)),
            mean=float(cosines.mean()),
            deviation=float(cosines.std()),
            weight=weight,
        )
    return {name: by_article(held.owners, scores) for name, scores in found.items()}


def evaluate(folder: Path, model: str, cache: Path | None, weights: tuple[float, ...]) -> None:
    """Print the table."""
    import ir_measures
    from ir_measures import nDCG

    encoder = Encoder(model)
    held = {titles: corpus(folder, encoder, cache, titles=titles) for titles in (False, True)}
    queries = list(_rows(folder / "queries.jsonl"))
    vectors = embed(encoder, [str(row["query"]) for row in queries], cache)
    runs: dict[str, dict[str, Mapping[str, float]]] = defaultdict(dict)
    kinds: dict[str, list[str]] = defaultdict(list)
    wanted: dict[str, dict[str, int]] = {}
    for row, vector in zip(queries, vectors, strict=True):
        id, kind = str(row["id"]), str(row["kind"])
        kinds["para" if kind.startswith("para") else kind].append(id)
        wanted[id] = dict.fromkeys(row["relevant"], 1)
        for name, found in systems(
            held[kind not in WITHOUT_TITLE], str(row["query"]), vector, weights
        ).items():
            for near in row.get("acceptable", ()):
                found.pop(near, None)
            runs[name][id] = found
    groups = {**kinds, **{f"- {kind}": ids for kind, ids in _para(queries).items()}}
    print(f"{'nDCG@10':<18}" + "".join(f"{f'{kind} ({len(ids)})':>24}" for kind, ids in groups.items()))
    for name, run in runs.items():
        values = {one.query_id: one.value for one in ir_measures.iter_calc([nDCG @ 10], wanted, run)}
        cells = (sum(values.get(id, 0.0) for id in ids) / len(ids) for ids in groups.values())
        print(f"{name:<18}" + "".join(f"{cell:>24.3f}" for cell in cells))


def _para(queries: list[dict[str, object]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in queries:
        if str(row["kind"]).startswith("para"):
            found[str(row["kind"])].append(str(row["id"]))
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dev", type=Path)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--sweep", action="store_true")
    options = parser.parse_args()
    evaluate(options.dev, options.model, options.cache, WEIGHTS if options.sweep else (DENSE_WEIGHT,))


if __name__ == "__main__":
    main()

"""Fits and measures `answerable`: how likely the loaded articles answer a query.

    python benchmarks/answerable.py ARTICLES... DEV [--fit]

ARTICLES are folders of articles on renewals, each measured by itself; DEV the development corpus of other
help centres. Answered queries: the examples of the assistant's knowledge skills, which rest on facts.
Unanswered: the examples of `search_help` (what else people ask a software vendor, "near"), and the
out-of-scope examples with queries of other help centres ("far"). Half of each, by hash, is fitted on; the
other half is measured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import yaml
from sqlalchemy import create_engine

from knowledge.library import Library
from knowledge.ranking import Signals, answerable

SKILLS = Path(__file__).parents[1] / "assistant" / "engine" / "skills"
FAR_QUERIES = 300
BARS = (0.35, 0.4, 0.45, 0.5, 0.6)


def _flat(examples: object) -> list[str]:
    if isinstance(examples, str):
        return [examples]
    return [text for each in examples for text in _flat(each)] if isinstance(examples, list) else []


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def labelled(dev: Path) -> dict[str, list[str]]:
    """Queries by kind: answered by articles on renewals, near, far."""
    found: dict[str, list[str]] = {"answered": [], "near": [], "far": []}
    for file in sorted(SKILLS.glob("*.yaml")):
        skill = yaml.safe_load(file.read_text(encoding="utf-8"))
        kind = {"search_help": "near", "out_of_scope": "far"}.get(file.stem)
        if kind is None and skill["kind"] == "knowledge" and skill.get("facts"):
            kind = "answered"
        if kind is not None:
            found[kind] += _flat(skill.get("examples"))
    with (dev / "queries.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    others = [row["query"] for row in rows if row["kind"] != "en_title_slug"]
    found["far"] += sorted(others, key=_hash)[:FAR_QUERIES]
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("dev", type=Path)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    queries = labelled(options.dev)
    rows = [(folder, kind, text) for folder in options.articles for kind in queries for text in queries[kind]]
    signals: list[Signals] = []
    for folder in options.articles:
        with tempfile.TemporaryDirectory() as home:
            library = Library(create_engine(f"sqlite:///{home}/library.sqlite"), home=Path(home))
            library.sync([folder])
            signals += [library.signals(text) for kind in queries for text in queries[kind]]
    labels = np.array([kind == "answered" for _, kind, _ in rows])
    half = np.array([_hash(text) % 2 == 0 for _, _, text in rows])
    said = np.array([answerable(each) for each in signals])
    if options.fit:
        from sklearn.linear_model import LogisticRegression

        numbers = np.array([each.vector() for each in signals])
        doubts = []
        for others in ("far", "near"):
            part = half & np.array([kind in ("answered", others) for _, kind, _ in rows])
            model = LogisticRegression(C=10.0, class_weight="balanced").fit(numbers[part], labels[part])
            print(others, "intercept", model.intercept_.round(2), "weights", model.coef_.round(2))
            doubts.append(model.predict_proba(numbers)[:, 1])
        said = np.mean(doubts, axis=0)
    for folder in options.articles:
        of = {
            kind: said[[at for at, row in enumerate(rows) if row[:2] == (folder, kind) and not half[at]]]
            for kind in queries
        }
        print(folder, {kind: len(values) for kind, values in of.items()}, "held out")
        yes, near, far = of.values()
        no = np.concatenate([near, far])
        wins = [(yes[:, None] > part).mean() for part in (near, far)]
        print(f"  AUC near {wins[0]:.3f}, far {wins[1]:.3f}")
        for bar in BARS:
            missed = (yes < bar).mean()
            recall = (no < bar).mean()
            print(
                f"  bar {bar}: answered kept {1 - missed:.3f}, near refused {(near < bar).mean():.3f}, "
                f"far refused {(far < bar).mean():.3f}; not in the articles, as many of each: "
                f"precision {recall / max(recall + missed, 1e-6):.3f}, recall {recall:.3f}"
            )


if __name__ == "__main__":
    main()

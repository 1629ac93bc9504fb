"""Fits and measures `answerable`: how likely the loaded articles answer a query.

    python benchmarks/answerable.py ARTICLES DEV [--fit]

ARTICLES is a folder of articles on renewals; DEV the development corpus of other help centres.
Answered queries: the example utterances of the assistant's knowledge skills. Unanswered ones: the
development queries (other help centres' topics) and the assistant's out-of-scope examples. Half of
each, by hash, is fitted on; the other half is measured.
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

SKILLS = Path(__file__).parents[1] / "assistant" / "engine" / "skills"
OUTSIDE = ("out_of_scope",)
LIMIT = 400


def _flat(examples: object) -> list[str]:
    if isinstance(examples, str):
        return [examples]
    return [text for each in examples for text in _flat(each)] if isinstance(examples, list) else []


def labelled(dev: Path) -> list[tuple[str, int]]:
    """Queries with 1 where renewal articles answer them, 0 where they do not."""
    found: list[tuple[str, int]] = []
    for file in sorted(SKILLS.glob("*.yaml")):
        skill = yaml.safe_load(file.read_text(encoding="utf-8"))
        if file.stem in OUTSIDE:
            found += [(text, 0) for text in _flat(skill.get("examples"))]
        elif skill.get("facts"):
            found += [(text, 1) for text in _flat(skill.get("examples"))]
    with (dev / "queries.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found += [(row["query"], 0) for row in rows if row["kind"] != "en_title_slug"]
    found.sort(key=lambda pair: hashlib.sha256(pair[0].encode()).hexdigest())
    kept = {0: 0, 1: 0}
    picked = []
    for text, label in found:
        kept[label] += 1
        if kept[label] <= LIMIT:
            picked.append((text, label))
    return picked


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        library = Library(create_engine(f"sqlite:///{home}/library.sqlite"), home=Path(home))
        library.sync([options.articles])
        pairs = labelled(options.dev)
        signals = np.array([library.signals(text) for text, _ in pairs])
        said = np.array([library.search(text, k=3, sentences=0).answerable for text, _ in pairs])
    labels = np.array([label for _, label in pairs])
    half = np.arange(len(pairs)) % 2 == 0
    print(f"{labels.sum()} answered, {(1 - labels).sum()} not")
    if options.fit:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(class_weight="balanced", C=10.0).fit(signals[half], labels[half])
        print("intercept", model.intercept_.round(2), "weights", model.coef_.round(2))
        said = model.predict_proba(signals)[:, 1]
    for name, part in (("fitted on", half), ("held out", ~half)):
        right = (said[part] > 0.5) == (labels[part] == 1)
        yes, no = said[part][labels[part] == 1], said[part][labels[part] == 0]
        wins = (yes[:, None] > no[None, :]).mean()
        print(
            f"{name}: accuracy at 0.5 {right.mean():.3f}, AUC {wins:.3f}, "
            f"answered kept {(yes > 0.5).mean():.3f}, others refused {(no <= 0.5).mean():.3f}"
        )
    wrong = [(float(said[at]), pairs[at]) for at in range(len(pairs)) if (said[at] > 0.5) != labels[at]]
    for value, (text, label) in sorted(wrong, key=lambda each: each[1][1])[:: max(1, len(wrong) // 24)]:
        print(f"  {label} {value:.2f} {text}")


if __name__ == "__main__":
    main()

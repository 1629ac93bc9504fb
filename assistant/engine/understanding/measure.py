"""Score the intent classifier on unseen examples: `python -m assistant.engine.understanding.measure`.

Two splits: by utterance (an unseen wording of a known kind) and by family (a kind of wording never seen
at all, which is harder than real use). Temperature and abstention are those of `train` and `understand`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.engine.understanding.intents import NOTHING, load_model
from assistant.engine.understanding.noise import roughen
from assistant.engine.understanding.train import Example, fit, folds, load_examples, save
from assistant.engine.understanding.understand import MARGIN, SURE
from knowledge.dense import Encoder

_UNSEEN_SEED = 97


def _line(name: str, probabilities: NDArray[np.float32], names: Sequence[str], said: Sequence[str]) -> str:
    order = np.argsort(-probabilities, axis=1)
    best = probabilities.max(axis=1)
    second = np.take_along_axis(probabilities, order[:, 1:2], axis=1)[:, 0]
    right = np.array([names[row[0]] == intent for row, intent in zip(order, said, strict=True)])
    among = np.array(
        [intent in {names[at] for at in row[:3]} for row, intent in zip(order, said, strict=True)]
    )
    decided = (best >= SURE) & (best - second >= MARGIN)
    return (
        f"{name:<26} accuracy {right.mean():.3f}  decided {decided.mean():.3f}"
        f"  right when decided {right[decided].mean():.3f}  in the first three {among.mean():.3f}"
        f"  mean confidence {best.mean():.3f}"
    )


def measure(by: str, encoder: Encoder, *, fold: int = 0, confusions: int = 0) -> list[str]:
    """Fit without one fifth of the examples and score on it, clean and roughened by an unseen seed."""
    examples = load_examples()
    fold_of = folds(examples, by=by)
    seen: list[Example] = [e for e, at in zip(examples, fold_of, strict=True) if at != fold]
    unseen: list[Example] = [e for e, at in zip(examples, fold_of, strict=True) if at == fold]
    said = [example.intent for example in unseen]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "intents.npz"
        save(fit(seen, encoder), encoder, path)
        model = load_model(path)
    lines = []
    for kind, texts in (
        ("clean", [example.text for example in unseen]),
        ("roughened", [roughen(example.text, _UNSEEN_SEED) for example in unseen]),
    ):
        lexical = model.lexical_scores(texts)
        dense = model.dense_scores(encoder.encode_many(texts))
        both = model.probabilities(lexical, dense)
        lines.append(_line(f"{by} {kind}, words alone", model.probabilities(lexical), model.names, said))
        lines.append(_line(f"{by} {kind}, both", both, model.names, said))
        if kind == "clean":
            found = [model.names[at] for at in both.argmax(axis=1)]
            wrong = Counter(
                (s, f) for s, f in zip(said, found, strict=True) if s != f and NOTHING not in (s, f)
            )
            lines += [f"    {count} {s} -> {f}" for (s, f), count in wrong.most_common(confusions)]
    return lines


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--by", choices=("utterance", "family"), action="append")
    parser.add_argument("--confusions", type=int, default=0)
    told = parser.parse_args()
    encoder = Encoder()
    for by in told.by or ("utterance", "family"):
        print("\n".join(measure(by, encoder, confusions=told.confusions)), flush=True)


if __name__ == "__main__":
    main()

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

from assistant.engine.understanding.intents import NOTHING, SKILLS, IntentModel, load_model
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
        f"  right when decided {right[decided].mean():.3f}  wrong and decided {(decided & ~right).mean():.3f}"
        f"  in the first three {among.mean():.3f}"
        f"  mean confidence {best.mean():.3f}"
    )


def _talk() -> frozenset[str]:
    """The classes that ask nothing about renewals: skills of kind `talk`, and what is no skill."""
    told = (path.stem for path in SKILLS.glob("*.yaml") if b"\nkind: talk" in path.read_bytes())
    return frozenset((*told, NOTHING))


def _fitted_without(unseen: set[int], examples: Sequence[Example], encoder: Encoder) -> IntentModel:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "intents.npz"
        save(fit([e for place, e in enumerate(examples) if place not in unseen], encoder), encoder, path)
        return load_model(path)


def measure(by: str, encoder: Encoder, *, rounds: int = 1, confusions: int = 0) -> list[str]:
    """Fit without one fifth of the examples and score on it, clean and roughened by an unseen seed; `rounds`
    (1 to 5) fifths in turn, scored together.
    """
    examples = load_examples()
    fold_of = folds(examples, by=by)
    said: list[str] = []
    scored: dict[str, list[NDArray[np.float32]]] = {}
    for fold in range(rounds):
        unseen = [place for place, at in enumerate(fold_of) if at == fold]
        model = _fitted_without(set(unseen), examples, encoder)
        said += [examples[place].intent for place in unseen]
        for kind, texts in (
            ("clean", [examples[place].text for place in unseen]),
            ("roughened", [roughen(examples[place].text, _UNSEEN_SEED) for place in unseen]),
        ):
            lexical = model.lexical_scores(texts)
            both = model.probabilities(lexical, model.dense_scores(encoder.encode_many(texts)))
            scored.setdefault(f"{by} {kind}, words alone", []).append(model.probabilities(lexical))
            scored.setdefault(f"{by} {kind}, both", []).append(both)
    talk = _talk()
    about = [place for place, intent in enumerate(said) if intent not in talk]
    lines = []
    for name, parts in scored.items():
        every = np.vstack(parts)
        lines.append(_line(name, every, model.names, said))
        lines.append(_line("  of renewals", every[about], model.names, [said[place] for place in about]))
    found = [model.names[at] for at in np.vstack(scored[f"{by} clean, both"]).argmax(axis=1)]
    wrong = Counter((s, f) for s, f in zip(said, found, strict=True) if s != f and NOTHING not in (s, f))
    return lines + [f"    {count} {s} -> {f}" for (s, f), count in wrong.most_common(confusions)]


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--by", choices=("utterance", "family"), action="append")
    parser.add_argument("--rounds", type=int, choices=range(1, 6), default=1)
    parser.add_argument("--confusions", type=int, default=0)
    told = parser.parse_args()
    encoder = Encoder()
    for by in told.by or ("utterance", "family"):
        print("\n".join(measure(by, encoder, rounds=told.rounds, confusions=told.confusions)), flush=True)


if __name__ == "__main__":
    main()

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from knowledge.dense import Encoder

FOLDER = Path(__file__).parents[2] / "knowledge" / "embedding"


def test_the_bundled_model_is_small_and_what_its_card_says() -> None:
    weights = (FOLDER / "model.safetensors").read_bytes()
    assert len(weights) <= 34_000_000
    (stated,) = re.findall(r"\b[0-9a-f]{64}\b", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert hashlib.sha256(weights).hexdigest() == stated


def test_vectors_are_unit_float32_and_the_same_alone_or_together(encoder: Encoder) -> None:
    texts = ["Renouveler mon abonnement", "La météo de demain à Paris", "", "Renouveler mon abonnement"]
    together = encoder.encode(texts)
    assert (together.shape, together.dtype) == ((4, 384), np.float32)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4), abs=1e-4)
    assert encoder.encode_many(texts) == pytest.approx(together, abs=1e-4)
    assert encoder.encode_one(texts[1]) == pytest.approx(together[1], abs=1e-4)
    assert encoder.encode([]).shape == (0, 384)


def test_numpy_gives_what_sentence_transformers_gives(encoder: Encoder) -> None:
    texts = [
        "Puis-je renouveler ?",
        "",
        "ÉCHÉANCE " * 400,
        "日本語 et 😀 et Привет",
        "x" * 300,
        "L’abonnement\u00a0: 1\u202f234,56\u00a0€",
        *(f"Question numéro {number} sur le délai de grâce" for number in range(70)),
    ]
    assert encoder.encode_many(texts) == pytest.approx(encoder.encode(texts), abs=1e-5)


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("prolonger ma licence", "Renouveler un abonnement", "Ajouter une imprimante"),
        (
            "how do I renew my subscription",
            "Comment renouveler mon abonnement",
            "Changer la langue du clavier",
        ),
        ("mot de passe perdu", "Réinitialiser un mot de passe oublié", "Télécharger une facture"),
    ],
)
def test_meaning_is_nearer_than_words(encoder: Encoder, query: str, near: str, far: str) -> None:
    vectors = encoder.encode([query, near, far])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1

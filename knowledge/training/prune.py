"""Makes the bundled embedding model: keeps of a WordPiece vocabulary what French and English texts use.

    python -m knowledge.training.prune MODEL CORPORA [--out knowledge/embedding] [--tokens 15400]

MODEL is the folder of the full French model, CORPORA the folder with `scale.jsonl.gz`,
`parallel_en_fr.jsonl.gz` and `dev/articles.jsonl`; only texts are counted, never queries. Special
tokens, single characters of the Latin script, digits and punctuation, and every `##` piece in Latin
script are kept whatever their count; the rest by count, most frequent first. Weights stay as they are,
in half precision; only rows of unused tokens are dropped.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

_EMBEDDINGS = "embeddings.word_embeddings.weight"


def _texts(corpora: Path) -> Iterator[str]:
    with gzip.open(corpora / "scale.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["title"]
            yield row["text"]
    with gzip.open(corpora / "parallel_en_fr.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["en"]
            yield row["fr"]
    with (corpora / "dev" / "articles.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def count_tokens(tokenizer_file: Path, corpora: Path) -> Counter[str]:
    """How often each token occurs in the texts; texts are counted without truncation."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    counts: Counter[str] = Counter()
    texts = _texts(corpora)
    while batch := list(islice(texts, 1000)):
        for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
            counts.update(encoding.tokens)
    return counts


def _latin(piece: str) -> bool:
    return all(unicodedata.name(char, "").startswith("LATIN") for char in piece)


def chosen_tokens(vocabulary: dict[str, int], counts: Counter[str], limit: int) -> list[str]:
    """The tokens to keep, in the order of their former ids."""

    def always(token: str) -> bool:
        if token.startswith("[") and token.endswith("]") and len(token) > 1:
            return not token.startswith("[unused")
        piece = token.removeprefix("##")
        if len(piece) == 1:
            return piece.isascii() or _latin(piece) or counts[token] > 0
        return token.startswith("##") and _latin(piece)

    kept = {token for token in vocabulary if always(token)}
    for token, _ in counts.most_common():
        if len(kept) >= limit:
            break
        kept.add(token)
    return sorted(kept, key=vocabulary.__getitem__)


def _renumber(tokenizer: dict[str, Any], kept: list[str]) -> dict[str, Any]:
    ids = {token: number for number, token in enumerate(kept)}
    tokenizer["model"]["vocab"] = ids
    for added in tokenizer["added_tokens"]:
        added["id"] = ids[added["content"]]
    for token, special in tokenizer["post_processor"]["special_tokens"].items():
        special["ids"] = [ids[token]]
    tokenizer["padding"]["pad_id"] = ids["[PAD]"]
    return tokenizer


def prune(model: Path, corpora: Path, out: Path, limit: int) -> str:
    """Write the pruned model into `out` and give the SHA-256 of its weights."""
    from safetensors.torch import load_file, save_file

    counts = count_tokens(model / "tokenizer.json", corpora)
    tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    kept = chosen_tokens(vocabulary, counts, limit)
    weights = load_file(model / "model.safetensors")
    weights[_EMBEDDINGS] = weights[_EMBEDDINGS][[vocabulary[token] for token in kept]].clone()
    out.mkdir(parents=True, exist_ok=True)
    for folder in ("1_Pooling", "2_Normalize"):
        (out / folder).mkdir(exist_ok=True)
        shutil.copyfile(model / folder / "config.json", out / folder / "config.json")
    for name in (
        "modules.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "tokenizer_config.json",
    ):
        shutil.copyfile(model / name, out / name)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    config |= {"vocab_size": len(kept), "pad_token_id": kept.index("[PAD]")}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    pruned = json.dumps(_renumber(tokenizer, kept), ensure_ascii=False)
    (out / "tokenizer.json").write_text(pruned, encoding="utf-8")
    save_file({name: tensor.half() for name, tensor in weights.items()}, out / "model.safetensors")
    (out / "model.safetensors").chmod(0o644)
    total = sum(counts.values())
    covered = sum(counts[token] for token in kept)
    print(f"{len(kept)} of {len(vocabulary)} tokens, {covered / total:.4%} of {total} occurrences")
    return hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "embedding")
    parser.add_argument("--tokens", type=int, default=15_400)
    options = parser.parse_args()
    print(prune(options.model, options.corpora, options.out, options.tokens))


if __name__ == "__main__":
    main()

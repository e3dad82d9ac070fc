"""The two measures the model is held to. Neither data set is trained on."""

import csv
import json
from pathlib import Path
from typing import Callable

import numpy as np

from wordnet import Synset

# Texts to one row each; zero rows where a text has no meaning to the model.
Embed = Callable[[list[str]], np.ndarray]


def read_lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def cranfield_ndcg(folder: Path, embed: Embed, k: int = 10) -> float:
    """Mean nDCG@k with the judged grades as gains (trec_eval's ndcg_cut), documents ranked by cosine."""
    documents, queries = read_lines(folder / "corpus.jsonl"), read_lines(folder / "queries.jsonl")
    gains: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            gains.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["gain"])
    queries = [query for query in queries if query["id"] in gains]
    scores = (
        embed([query["text"] for query in queries])
        @ embed([document["title"] + " " + document["text"] for document in documents]).T
    )
    discounts = 1 / np.log2(np.arange(2, k + 2))
    values = []
    for query, row in zip(queries, scores, strict=True):
        judged = gains[query["id"]]
        found = [judged.get(documents[i]["id"], 0) for i in np.argsort(-row, kind="stable")[:k]]
        ideal = sorted(judged.values(), reverse=True)[:k]
        values.append(found @ discounts / (ideal @ discounts[: len(ideal)]))
    return float(np.mean(values))


def reverse_dictionary_hits(folder: Path, embed: Embed, synsets: list[Synset], k: int = 10) -> float:
    """How many descriptions have one of their answers among the lemmas of the k nearest definitions."""
    queries = read_lines(folder / "queries.jsonl")
    scores = embed([query["query"] for query in queries]) @ embed([synset.definition for synset in synsets]).T
    hits = 0
    for query, row in zip(queries, scores, strict=True):
        nearest = np.argsort(-row, kind="stable")[:k]
        words = {lemma.lower() for i in nearest for lemma in synsets[i].lemmas}
        hits += any(answer.lower() in words for answer in query["answers"])
    return hits / len(queries)

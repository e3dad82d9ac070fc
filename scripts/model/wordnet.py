"""Reads WordNet's `data.*` files: https://wordnet.princeton.edu/documentation/wndb5wn"""

import re
from dataclasses import dataclass
from pathlib import Path

PARTS_OF_SPEECH = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
ANTONYM = "!"


@dataclass(frozen=True)
class Synset:
    key: str  # part of speech and offset: "n00001740"
    lemmas: tuple[str, ...]
    definition: str
    examples: tuple[str, ...]
    related: tuple[str, ...]  # keys of the synsets it points to, antonyms left out


def read_synsets(dictionary: Path) -> list[Synset]:
    """All synsets, in the order of the files noun, verb, adj, adv."""
    return [
        parse_synset(part, line)
        for name, part in PARTS_OF_SPEECH.items()
        for line in (dictionary / f"data.{name}").read_text("utf-8").splitlines()
        if not line.startswith("  ")  # the licence, at the top of each file
    ]


def parse_synset(part: str, line: str) -> Synset:
    data, _, gloss = line.partition(" | ")
    columns = data.split()
    words = int(columns[3], 16)  # hexadecimal, unlike every other count
    lemmas = tuple(dict.fromkeys(lemma_text(columns[4 + 2 * i]) for i in range(words)))
    pointers = 4 + 2 * words
    related = []
    for i in range(int(columns[pointers])):
        symbol, offset, target_part, _ = columns[pointers + 1 + 4 * i : pointers + 5 + 4 * i]
        if symbol != ANTONYM:
            related.append(target_part.replace("s", "a") + offset)
    definition, examples = parse_gloss(gloss.strip())
    return Synset(part + columns[0], lemmas, definition, examples, tuple(dict.fromkeys(related)))


def lemma_text(word: str) -> str:
    """`well_known(a)` is the lemma "well known", used as an attribute only."""
    return re.sub(r"\((a|p|ip)\)$", "", word).replace("_", " ")


def parse_gloss(gloss: str) -> tuple[str, tuple[str, ...]]:
    """`definition; "example"; "example" - Author` in its parts; quotes inside a definition stay in it."""
    definition = re.split(r';\s*"', gloss, maxsplit=1)[0]
    examples = re.findall(r'"([^"]+)"', gloss[len(definition) :])
    return definition.strip(" ;"), tuple(example.strip() for example in examples)

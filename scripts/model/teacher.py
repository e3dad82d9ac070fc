"""all-MiniLM-L6-v2 through onnxruntime: the model the static one is taught by."""

import hashlib
import shutil
import time
import urllib.request
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MAX_TOKENS = 256  # sentence-transformers' own limit for this model
BATCH_TOKENS = 4096


HUB = "https://huggingface.co/Xenova/all-MiniLM-L6-v2/resolve/main/"
FILES = ("tokenizer.json", "onnx/model_quantized.onnx")


def find_teacher(folder: Path, cache: Path) -> Path:
    """The folder where there is one, else a copy from the hub in the cache."""
    if folder.exists():
        return folder
    copy = cache / "all-MiniLM-L6-v2"
    for name in FILES:
        if not (copy / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            print(f"Fetching {HUB + name}")
            partial, _ = urllib.request.urlretrieve(HUB + name)
            shutil.move(partial, copy / name)
    return copy


class Teacher:
    dimension = 384

    def __init__(self, folder: Path, cache: Path):
        self.cache = cache
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        model = folder / "onnx" / "model_quantized.onnx"
        self.session = onnxruntime.InferenceSession(str(model), options)

    def tokenizer_without_limit(self) -> Tokenizer:
        """The same tokens, and texts of any length."""
        tokenizer = Tokenizer.from_str(self.tokenizer.to_str())
        tokenizer.no_truncation()
        return tokenizer

    def embed_tokens(self, count: int) -> np.ndarray:
        """The vector of every token of the vocabulary by itself, as the text "[CLS] token [SEP]"."""
        start, end = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        return self.embed_cached("tokens", [[start, token, end] for token in range(count)])

    def embed_texts(self, name: str, texts: list[str]) -> np.ndarray:
        """Unit vectors of texts, kept in the cache under `name` as float16."""
        encoded = self.tokenizer.encode_batch_fast(texts)
        vectors = self.embed_cached(name, [encoding.ids for encoding in encoded])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_cached(self, name: str, sequences: list[list[int]]) -> np.ndarray:
        """Mean-pooled vectors of token sequences, one row each, not normalised."""
        digest = hashlib.sha256(repr(sequences).encode()).hexdigest()[:16]
        file = self.cache / f"{name}-{digest}.npy"
        if not file.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            np.save(file, self.embed(name, sequences).astype(np.float16))
        return np.load(file).astype(np.float32)

    def embed(self, name: str, sequences: list[list[int]]) -> np.ndarray:
        vectors = np.empty((len(sequences), self.dimension), np.float32)
        lengths = np.array([len(sequence) for sequence in sequences])
        order = np.argsort(lengths, kind="stable")
        start, begun, told = 0, time.time(), time.time()
        while start < len(order):
            # One length per batch: no padding, so no text's vector depends on how long its neighbours are.
            length = lengths[order[start]]
            same = np.searchsorted(lengths[order], length, side="right")
            rows = order[start : min(same, start + max(1, BATCH_TOKENS // length))]
            ids = np.array([sequences[row] for row in rows], np.int64)
            feeds = {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            }
            vectors[rows] = self.session.run(None, feeds)[0].mean(axis=1)
            start += len(rows)
            if time.time() - told > 10:
                told = time.time()
                print(
                    f"{name}: {start:,} of {len(order):,}, {start / (told - begun):.0f} a second", flush=True
                )
        return vectors

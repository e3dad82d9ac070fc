"""Trains the token vectors of a bag of tokens: plain gradients through sparse matrices, no framework."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

STEPS = 7000
BATCH = 1024
LEARNING_RATE = 0.003
TAU = np.float32(0.05)
TOKEN_DROPOUT = 0.1
TEACHER_SHARE = 0.7
BETA1, BETA2, EPSILON = 0.9, 0.999, np.float32(1e-8)
SEED = 0


@dataclass(frozen=True)
class Lessons:
    bags: sparse.csr_matrix  # texts × tokens: how often each token occurs
    targets: np.ndarray  # the teacher's unit vectors of the first texts
    pairs: np.ndarray  # n × 2: texts that belong together


def train(vectors: np.ndarray, lessons: Lessons) -> np.ndarray:
    """Token vectors after training; tokens in no lesson stay as they were."""
    vectors = vectors.copy()
    random = np.random.default_rng(SEED)
    optimiser = Adam(vectors)
    losses = []
    begun = time.time()
    for step in range(1, STEPS + 1):
        if random.random() < TEACHER_SHARE:
            chosen = random.integers(len(lessons.targets), size=BATCH)
            batch = lessons.bags[chosen]
            loss_of = partial(towards, lessons.targets[chosen])
        else:
            pairs = lessons.pairs[random.integers(len(lessons.pairs), size=BATCH)]
            batch = lessons.bags[pairs.T.ravel()]
            loss_of = together
        batch.data = batch.data * (random.random(batch.nnz, np.float32) >= TOKEN_DROPOUT)

        # Most tokens are in no text of a batch: its columns are numbered anew.
        tokens, columns = np.unique(batch.indices, return_inverse=True)
        batch = sparse.csr_matrix((batch.data, columns, batch.indptr), (batch.shape[0], len(tokens)))
        sums = batch @ vectors[tokens]
        lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
        texts = sums / lengths
        loss, gradient = loss_of(texts)
        # Through the normalisation: only the part across the vector turns it.
        gradient = (gradient - texts * (texts * gradient).sum(axis=1, keepdims=True)) / lengths
        optimiser.step(tokens, batch.T @ gradient)

        losses.append(loss)
        if step % 500 == 0:
            print(
                f"step {step:,} of {STEPS:,}, loss {np.mean(losses):.3f}, {time.time() - begun:.0f} s",
                flush=True,
            )
            losses.clear()
    return vectors


def towards(targets: np.ndarray, texts: np.ndarray) -> tuple[float, np.ndarray]:
    """Each text is to find its own target among the batch's. Loss, and its gradient by texts."""
    loss, slope = cross_entropy(texts @ targets.T / TAU)
    return loss, slope @ targets / TAU


def together(texts: np.ndarray) -> tuple[float, np.ndarray]:
    """Each text of the first half is to find its partner in the second, and the other way round."""
    left, right = np.split(texts, 2)
    similarity = left @ right.T / TAU
    loss_left, slope_left = cross_entropy(similarity)
    loss_right, slope_right = cross_entropy(similarity.T)
    slope = (slope_left + slope_right.T) / 2
    return (loss_left + loss_right) / 2, np.concatenate([slope @ right, slope.T @ left]) / TAU


def cross_entropy(logits: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean over rows, where the right answer of row i is column i. Loss, and its gradient by logits."""
    rows = np.arange(len(logits))
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    loss = -np.log(np.maximum(odds[rows, rows], 1e-12)).mean()
    odds[rows, rows] -= 1
    return float(loss), odds / len(logits)


class Adam:
    """Kingma & Ba 2015. A token in no text of a batch has no gradient, and still moves on as it did."""

    def __init__(self, vectors: np.ndarray):
        self.vectors = vectors
        self.mean = np.zeros_like(vectors)
        self.square = np.zeros_like(vectors)
        self.steps = 0

    def step(self, rows: np.ndarray, gradient: np.ndarray) -> None:
        self.steps += 1
        self.mean *= np.float32(BETA1)
        self.mean[rows] += np.float32(1 - BETA1) * gradient
        self.square *= np.float32(BETA2)
        self.square[rows] += np.float32(1 - BETA2) * gradient * gradient
        rate = LEARNING_RATE * np.sqrt(1 - BETA2**self.steps) / (1 - BETA1**self.steps)
        self.vectors -= np.float32(rate) * self.mean / (np.sqrt(self.square) + EPSILON)

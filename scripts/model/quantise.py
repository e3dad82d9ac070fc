"""The model in 4 bits, and its file. The bytes are described in `src/embed/static/format.ts`."""

import struct
import zlib

import numpy as np

GROUP = 64
VERSION = 1
# How far the scale is drawn in from the group's largest value: clipping a few buys finer steps for the rest.
CLIPS = np.linspace(0.6, 1.0, 21, dtype=np.float32)


def quantise(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes 0 to 15 (tokens × dimension) and f16 scales (tokens × groups), each the closest of CLIPS."""
    groups = vectors.reshape(-1, GROUP)
    largest = np.abs(groups).max(axis=1)
    best_error = np.full(len(groups), np.inf, np.float32)
    codes = np.full(groups.shape, 8, np.uint8)
    scales = np.zeros(len(groups), np.float16)
    for clip in CLIPS:
        scale = (largest * clip / 7).astype(np.float16)
        step = np.where(scale == 0, 1, scale).astype(np.float32)[:, None]
        rounded = np.clip(np.rint(groups / step), -8, 7)
        error = np.square(groups - rounded * step).sum(axis=1)
        better = error < best_error
        best_error[better] = error[better]
        codes[better] = rounded[better] + 8
        scales[better] = scale[better]
    return codes.reshape(vectors.shape), scales.reshape(len(vectors), -1)


def dequantise(codes: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return (codes.astype(np.float32) - 8) * np.repeat(scales.astype(np.float32), GROUP, axis=1)


def encode_file(name: str, tokens: list[str], codes: np.ndarray, scales: np.ndarray) -> bytes:
    name_bytes, vocabulary = name.encode(), "\n".join(tokens).encode()
    header = struct.pack(
        "<8s6I", b"QVSTATIC", VERSION, codes.shape[1], GROUP, len(tokens), len(name_bytes), len(vocabulary)
    )
    packed = codes[:, 0::2] | codes[:, 1::2] << 4
    body = header + name_bytes + vocabulary + scales.astype("<f2").tobytes() + packed.tobytes()
    return body + struct.pack("<I", zlib.crc32(body))

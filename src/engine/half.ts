const LARGEST = 65_504
const SMALLEST_NORMAL = 2 ** -14
const SMALLEST = 2 ** -24

/** What a half of IEEE 754 stands for; none saved is infinite or not a number. */
export function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const size = exponent === 0 ? fraction * SMALLEST : (1024 + fraction) * 2 ** (exponent - 25)
  return bits & 0x8000 ? -size : size
}

/**
 * The values as IEEE half precision keeps them (round to nearest, ties to even), under one power of two for all of them
 * where the largest would overflow or lose digits. No value is off by more than 2^-11 of the largest.
 */
export function roundToHalves(vector: Float32Array): Float32Array {
  const largest = vector.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const fits = largest === 0 || (largest >= SMALLEST_NORMAL && largest <= LARGEST)
  const scale = fits ? 1 : 2 ** Math.floor(Math.log2(largest))
  return vector.map((value) => roundToHalf(value / scale) * scale)
}

function roundToHalf(value: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(value), SMALLEST_NORMAL)))
  const step = Math.max(2 ** (exponent - 10), SMALLEST)
  return roundTiesToEven(value / step) * step
}

function roundTiesToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

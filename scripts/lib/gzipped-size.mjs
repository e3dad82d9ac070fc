import { gzipSync } from 'node:zlib'

/**
 * @param {string | Uint8Array} content
 * @returns {string} what it weighs on its way to a browser
 */
export function gzippedSize(content) {
  return `${(gzipSync(content, { level: 9 }).length / 1024).toFixed(1)} KiB gzipped`
}

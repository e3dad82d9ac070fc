// Rust's tests as WebAssembly in Chromium. wasm-bindgen's own runner wants a WebDriver there; it also
// serves the tests to any browser that comes, and ours does.

import { spawn } from 'node:child_process'
import { CommandFailed } from '../lib/run.mjs'
import { chromiumFlags, findChromium } from '../setup/chromium.mjs'

/**
 * @param {string} tests a test program, compiled to WebAssembly
 * @returns {Promise<{ address: string, stop: () => void }>}
 */
function serveTests(tests) {
  const server = spawn('wasm-bindgen-test-runner', [tests], {
    env: {
      ...process.env,
      NO_HEADLESS: '1',
      WASM_BINDGEN_USE_BROWSER: '1',
      WASM_BINDGEN_TEST_ADDRESS: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let output = ''
    /** @param {string} text */
    const read = (text) => {
      output += text
      const address = /now available at (http:\/\/\S+)/.exec(output)?.[1]
      if (address !== undefined) resolve({ address, stop: () => server.kill() })
    }
    server.stdout.setEncoding('utf8').on('data', read)
    server.stderr.setEncoding('utf8').on('data', read)
    server.on('error', reject)
    server.on('close', () => {
      reject(new CommandFailed('wasm-bindgen-test-runner served no tests', output))
    })
  })
}

/**
 * @param {string} tests a test program, compiled to WebAssembly
 * @returns {Promise<string>} what the tests printed
 * @throws {CommandFailed} when one of them fails
 */
export async function runInChromium(tests) {
  const { chromium } = await import('playwright-core')
  const executablePath = await findChromium()
  const { address, stop } = await serveTests(tests)
  const browser = await chromium.launch({
    args: chromiumFlags,
    ...(executablePath !== undefined && { executablePath }),
  })
  try {
    const page = await browser.newPage()
    await page.goto(address)
    const output = page.locator('#output')
    await output.getByText('test result:').waitFor({ timeout: 300_000 })
    const text = await output.innerText()
    if (!text.includes('test result: ok')) {
      throw new CommandFailed('Rust tests failed as WebAssembly in Chromium', text)
    }
    return text
  } finally {
    await browser.close()
    stop()
  }
}

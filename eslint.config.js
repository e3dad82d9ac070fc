import eslint from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { oneWayImports } from './scripts/lint/one-way-imports.mjs'

export default defineConfig(
  globalIgnores(['dist/', 'demo/dist/', 'demo/public/', 'rust-wasm/', '.cache/']),
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Counts and sizes read well in messages.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Typed arrays are indexed in loops whose bounds are known: `row[i]!` says so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // The same interface is answered in the worker and on the calling thread: one of them may not need to await.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.{ts,js,mjs}'],
    plugins: { house: { rules: { 'one-way-imports': oneWayImports } } },
    rules: {
      'house/one-way-imports': 'error',
      // TypeScript knows the globals.
      'no-undef': 'off',
      eqeqeq: 'error',
    },
  },
)

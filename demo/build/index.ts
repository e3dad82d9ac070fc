import type { Plugin } from 'vite'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { definitions } from './definitions.ts'
import { precache } from './precache.ts'

/** What building the demo takes beside Vite itself. */
export const demoPlugins = (): Plugin[] => [definitions(), precache(), contentSecurityPolicy()]

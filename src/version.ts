import { createRequire } from 'node:module'

const { version } = createRequire(import.meta.url)('../package.json')

/** Of this package. */
export const VERSION: string = version

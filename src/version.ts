import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

const path = findPackageJSON('.', import.meta.url)
if (path === undefined) throw new TypeError('these files lie in no package')
const { version }: { readonly version: string } = JSON.parse(readFileSync(path, 'utf8'))

/** Of this package. */
export const VERSION: string = version

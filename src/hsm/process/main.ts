import { enableCompileCache } from 'node:module'
import { compiledCodeDirectory } from '../compiled-code.ts'

// Before anything else is loaded, and so apart from it: what is imported above has been compiled already.
const directory = compiledCodeDirectory(process.argv)
if (directory !== undefined) enableCompileCache(directory)
await import('./program.ts')

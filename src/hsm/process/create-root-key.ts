import { ROOT_KEY_FILE_BYTES, writeNewRootKey } from './root-key.ts'

/** File descriptor of the new, empty file that the API process created. */
const FILE_FD = 3

/** A process of its own for one write, so that the API process never sees a root key. Any exit but 0 means: no root key. */
process.exitCode = writeNewRootKey(FILE_FD) === ROOT_KEY_FILE_BYTES ? 0 : 1

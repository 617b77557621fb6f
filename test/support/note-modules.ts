/**
 * Loaded into a process under test: every module that it loads, and its threads, is a line of the file that is named. Modules
 * of whose URL `TRENT_TEST_BROKEN` is a part cannot be loaded.
 */
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const { TRENT_TEST_MODULES: file = '', TRENT_TEST_BROKEN: broken } = process.env
registerHooks({
  load(url, context, next) {
    appendFileSync(file, `${url}\n`)
    if (broken && url.includes(broken)) throw new Error(`${url} is broken`)
    return next(url, context)
  },
})

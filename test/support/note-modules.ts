/** Loaded into a process under test: every module that it loads, and its threads, is a line of the file that is named. */
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const file = process.env.TRENT_TEST_MODULES ?? ''
registerHooks({
  load(url, context, next) {
    appendFileSync(file, `${url}\n`)
    return next(url, context)
  },
})

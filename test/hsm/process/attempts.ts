import { findHole } from '../../../src/hsm/process/cage.ts'

/** What a caged process finds of its cage when neither its arguments nor its permissions tell it anything: by trying. */
process.execArgv = process.execArgv.filter((argument) => !/^--allow-(?!fs-read=)/.test(argument))
process.permission.has = () => false
process.stdout.write((await findHole()) ?? '')
process.exit()

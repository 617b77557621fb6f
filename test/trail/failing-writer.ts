/** A writer that does what its parent asks, so that real faults can be brought about around and inside its process. */
import { closeSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isError } from '../../src/domain/error.ts'
import { openTrail } from '../../src/trail/segments.ts'
import { verifyTrail } from '../../src/trail/verify.ts'

const [, , directory = '', segmentMaxBytes = '1e9'] = process.argv
let saved: string | undefined
const anchor = {
  load: async () => saved,
  save: async (text: string) => {
    saved = text
  },
}
const warnings: string[] = []
const warn = (message: string) => void warnings.push(message)
const filler = join(directory, '..', 'filler')

const opened = await openTrail({ directory, now: Date.now, anchor, warn, segmentMaxBytes: Number(segmentMaxBytes) })
if (isError(opened)) throw new Error(`${opened.message}: ${opened.cause}`)
const trail = opened

/** Uses up all space of the file system, to the last byte. */
function fill(): void {
  for (let bytes = 65_536; bytes >= 1; bytes = Math.floor(bytes / 2))
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
    } catch (problem) {
      if (!(problem instanceof Error && 'code' in problem && problem.code === 'ENOSPC')) throw problem
    }
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch (problem) {
    if (problem instanceof Error && 'code' in problem && problem.code === 'ENOENT') return ''
    throw problem
  }
}

/** Closes the descriptor of the current segment behind the trail's back. */
function closeSegment(): void {
  const fd = readdirSync('/proc/self/fd').find((each) => targetOf(each).endsWith('.jsonl'))
  closeSync(Number(fd))
}

async function append(count: number, characters: number): Promise<unknown> {
  const line = (id: number) =>
    JSON.stringify({ eventVersion: '1.11', eventID: `${id}`, padding: 'p'.repeat(characters) })
  const answers = await Promise.all(Array.from({ length: count }, (_, id) => trail.append(line(id))))
  const causes = answers.flatMap((answer) =>
    answer?.cause instanceof Error && 'code' in answer.cause ? [answer.cause.code] : [],
  )
  return {
    codes: answers.map((answer) => answer?.code ?? 'written'),
    causes: [...new Set(causes)],
    healthy: trail.healthy,
  }
}

type Request = { readonly name: string; readonly count?: number; readonly characters?: number }

async function answerTo({ name, count = 1, characters = 1 }: Request): Promise<unknown> {
  if (name === 'append') return append(count, characters)
  if (name === 'close') return { problem: (await trail.close())?.code, warnings }
  if (name === 'verify') return verifyTrail(directory, saved)
  if (name === 'fill') return fill()
  if (name === 'free') return rmSync(filler)
  if (name === 'close-segment') return closeSegment()
  if (name === 'remove-segment') return rmSync(join(directory, 'segment-0000000001.jsonl'))
  throw new TypeError(name)
}

process.on('message', async (request: Request) => process.send?.({ answer: await answerTo(request) }))
process.send?.({ answer: 'ready' })

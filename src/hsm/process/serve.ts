import { createBatch, createFrameDecoder, type Frame, HELLO_ID, REPLIES, type Refusal } from '../wire.ts'
import type { Answer, Boundary, Operation } from './boundary.ts'
import type { Channel } from './channel.ts'
import { operationOf } from './operations.ts'

/**
 * Answers requests until the API process closes the channel. Requests that arrived together are answered together, in one
 * write; what takes longer is answered in a later one.
 */
export function serve(channel: Channel, boundary: Boundary): void {
  const batch = createBatch(channel.write)
  const reply = (id: number, operation: Operation, answer: Answer) => {
    if (typeof answer === 'string') return refuse(id, answer)
    if (!batch.add(id, REPLIES.ok, answer)) refuse(id, 'refused')
    if (operation.isSecret) for (const field of answer) field.fill(0)
  }
  const refuse = (id: number, code: Refusal) => {
    batch.add(id, REPLIES[code], [])
  }
  let isFlushDue = false
  const flushSoon = () => {
    isFlushDue = false
    batch.flush()
  }
  const replyLater = (id: number, operation: Operation, answer: Promise<Answer>) =>
    answer.then((late) => {
      reply(id, operation, late)
      if (!isFlushDue) setImmediate(flushSoon)
      isFlushDue = true
    })
  const decode = createFrameDecoder(({ id, tag, fields }: Frame) => {
    const operation = operationOf(tag)
    if (!operation || fields?.length !== operation.fields) return refuse(id, 'refused')
    const answer = operation.run(boundary, ...fields)
    if (answer instanceof Promise) replyLater(id, operation, answer)
    else {
      boundary.served.atOnce += 1
      reply(id, operation, answer)
    }
  })
  batch.add(HELLO_ID, REPLIES.ok, [])
  batch.flush()
  channel.read((bytes) => {
    const isSound = decode(bytes)
    batch.flush()
    return isSound
  })
}

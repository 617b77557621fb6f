import type { DigestSigner } from '../log-files/digest.ts'
import type { Moment } from '../log-files/exporter.ts'
import type { FromFollower, Question, Reply } from './messages.ts'

/** What a follower asks, and where the replies arrive. */
export type Questions = DigestSigner & { moment(): Promise<Moment>; take(id: number, reply: Reply): void }

/** Questions over a channel of messages. They reject with what the owner says. */
export function questionsOver(post: (message: FromFollower) => void): Questions {
  const waiting = new Map<number, (reply: Reply) => void>()
  let lastId = 0

  function ask(question: Question): Promise<Moment | string> {
    lastId += 1
    const id = lastId
    post({ kind: 'ask', id, question })
    return new Promise((resolve, reject) =>
      waiting.set(id, (reply) => ('failure' in reply ? reject(new Error(reply.failure)) : resolve(reply.value))),
    )
  }

  async function askText(question: Question): Promise<string> {
    const value = await ask(question)
    if (typeof value !== 'string') throw new TypeError('a reply is of another question')
    return value
  }

  return {
    async moment() {
      const value = await ask({ about: 'moment' })
      if (typeof value === 'string') throw new TypeError('a reply is of another question')
      return value
    },
    keyAt: (end) => askText({ about: 'key', end }),
    sign: (fingerprint, text) => askText({ about: 'signature', fingerprint, text }),
    take(id, reply) {
      waiting.get(id)?.(reply)
      waiting.delete(id)
    },
  }
}

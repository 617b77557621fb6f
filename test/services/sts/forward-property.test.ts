import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import fc from 'fast-check'
import { controlCall } from '../../support/control.ts'
import { allow, clientsOf, newUser } from '../../support/principals.ts'
import { forward, newService, type Received, type Service, userRequest } from '../../support/services.ts'
import { type Credentials, KMS_HEADERS, newAccount, REGION, sign, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
/** Another account than the installation's, whose root user made-up credentials are. */
const account = newAccount()
const { iam, ...root } = clientsOf(trent, { accessKeyId: account, secretAccessKey: 'x' })
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const USERS = await Promise.all(['ann', 'ben'].map((name) => newUser(iam, name, allow('kms:*'))))
const NAMES = ['alpha', 'beta'] as const
const REGIONS = [REGION, 'eu-central-1'] as const
const KEYS = new Map<string, string>()
for (const at of REGIONS) KEYS.set(at, (await trent.ok('CreateKey', {}, { account, region: at })).KeyMetadata.Arn)

/** What a user sent, and what became of it. */
type Sent = {
  readonly user: number
  readonly to: number
  readonly region: string
  readonly received: Received
  readonly isFresh: boolean
  isForwarded: boolean
}
type Session = { readonly token: string; readonly sent: Sent; readonly service: Service }
/** How often something was allowed, so that the property is not true of nothing. */
const allowed = { forward: 0, use: 0 }

type World = { services: Service[]; readonly sent: Sent[]; readonly sessions: Session[]; readonly active: boolean[] }

/** Counted from the newest. */
const nth = fc.constantFrom(0, 0, 0, 1, 1, 2, 5)
const service = fc.nat(NAMES.length - 1)
const user = fc.nat(USERS.length - 1)
const region = fc.constantFrom(...REGIONS)

const asks = fc.record({
  kind: fc.constant('ask' as const),
  user,
  to: service,
  region,
  minutes: fc.constantFrom(0, 0, 0, -4, -6, 6),
})
const forwards = fc.record({
  kind: fc.constant('forward' as const),
  request: nth,
  by: fc.constantFrom<'addressee' | 'other'>('addressee', 'addressee', 'addressee', 'other'),
  alter: fc.constantFrom(undefined, undefined, undefined, 'method', 'path', 'query', 'body', 'user', 'scope', 'header'),
})
const uses = fc.record({
  kind: fc.constant('use' as const),
  session: nth,
  by: fc.constantFrom<'its service' | 'other service' | 'user' | 'nobody'>(
    'its service',
    'its service',
    'its service',
    'other service',
    'user',
    'nobody',
  ),
  isElsewhere: fc.constantFrom(false, false, false, true),
  isCut: fc.constantFrom(false, false, false, true),
})
const toggles = fc.record({ kind: fc.constant('toggle' as const), user })
const removes = fc.record({ kind: fc.constant('replace service' as const), which: service })
const commandOf = fc.oneof(
  { weight: 5, arbitrary: asks },
  { weight: 6, arbitrary: forwards },
  { weight: 6, arbitrary: uses },
  { weight: 1, arbitrary: toggles },
  { weight: 1, arbitrary: removes },
)
type Command = typeof commandOf extends fc.Arbitrary<infer T> ? T : never
const commands = fc.array(commandOf, { minLength: 10, maxLength: 40 })

function altered(received: Received, how: string | undefined): Received {
  const swap = (from: string | RegExp, to: string) => received.rawHeaders.map((text) => text.replace(from, to))
  switch (how) {
    case 'method':
      return { ...received, method: 'DELETE' }
    case 'path':
      return { ...received, path: `${received.path}/x` }
    case 'query':
      return { ...received, rawQuery: `${received.rawQuery}&x=y` }
    case 'body':
      return { ...received, payloadHash: '0'.repeat(64) }
    case 'user':
      return { ...received, rawHeaders: swap(/Credential=[^/]+/, `Credential=${USERS[0]?.accessKeyId}x`) }
    case 'scope':
      return { ...received, rawHeaders: swap(/\/(alpha|beta)\/aws4_request/, '/gamma/aws4_request') }
    case 'header':
      return { ...received, rawHeaders: swap('files.example.com', 'evil.example.com') }
    default:
      return received
  }
}

/** Whether a use of the Region's key was allowed. */
async function isUsed(credentials: Credentials, token: string | undefined, at: string): Promise<boolean> {
  const outgoing = {
    headers: { ...KMS_HEADERS, 'x-amz-target': 'TrentService.DescribeKey' },
    body: JSON.stringify({ KeyId: KEYS.get(at) }),
  }
  const by = token === undefined ? credentials : { ...credentials, sessionToken: token }
  const { status } = await trent.send(sign(trent.url, outgoing, by, { region: at }))
  return status === 200
}

const STRANGER = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' }

const newest = <T>(list: readonly T[], nth: number): T | undefined => list.at(-1 - (nth % Math.max(1, list.length)))

async function run(world: World, command: Command): Promise<void> {
  switch (command.kind) {
    case 'ask': {
      const time = Date.now() + command.minutes * 60_000
      const by = USERS[command.user] ?? assert.fail()
      const received = userRequest(by, { service: NAMES[command.to] ?? '', region: command.region, time })
      const isFresh = Math.abs(command.minutes) < 5
      world.sent.push({
        user: command.user,
        to: command.to,
        region: command.region,
        received,
        isFresh,
        isForwarded: false,
      })
      return
    }
    case 'forward': {
      const sent = newest(world.sent, command.request)
      const at = command.by === 'addressee' ? sent?.to : 1 - (sent?.to ?? 0)
      const by = world.services[at ?? 0]
      if (!sent || !by) return
      const answer = await forward(trent, by, altered(sent.received, command.alter))
      const isDue = sent.isFresh && !sent.isForwarded && command.by === 'addressee' && world.active[sent.user] === true
      assert.equal(answer.status === 200, isDue && command.alter === undefined, `${answer.message} ${command.alter}`)
      if (answer.status !== 200) return
      assert.equal(answer.arn, USERS[sent.user]?.arn)
      sent.isForwarded = true
      allowed.forward += 1
      world.sessions.push({ token: answer.token, sent, service: by })
      return
    }
    case 'use': {
      const session = newest(world.sessions, command.session)
      const own = session?.service ?? world.services[0]
      const other = world.services.find(({ name }) => name !== own?.name)
      const by = { 'its service': own, 'other service': other, user: USERS[session?.sent.user ?? 0], nobody: STRANGER }[
        command.by
      ]
      if (!by) return
      const token = command.isCut ? session?.token.slice(0, -8) : session?.token
      // Without a session a user is a user, which is not what this is about.
      if (token === undefined && command.by === 'user') return
      const home = session?.sent.region ?? REGION
      const at = command.isElsewhere ? (REGIONS.find((other) => other !== home) ?? home) : home
      const done = await isUsed(by, token, at)
      const isAlive =
        session !== undefined && world.services.includes(session.service) && world.active[session.sent.user] === true
      const isRight = command.by === 'its service' && !command.isCut && !command.isElsewhere
      assert.equal(done, isAlive && isRight, JSON.stringify({ command, isAlive, isRight }))
      if (done) allowed.use += 1
      return
    }
    case 'toggle': {
      const isActive = !world.active[command.user]
      const { accessKeyId: AccessKeyId, arn } = USERS[command.user] ?? assert.fail()
      const UserName = arn.slice(arn.lastIndexOf('/') + 1)
      await iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: isActive ? 'Active' : 'Inactive' }))
      world.active[command.user] = isActive
      return
    }
    case 'replace service': {
      const Name = NAMES[command.which] ?? ''
      const operator = { accessKeyId: 'anybody', secretAccessKey: 'x' }
      await controlCall(trent, operator, 'RemoveService', { Name })
      world.services = world.services.toSpliced(command.which, 1, await newService(trent, Name, operator))
    }
  }
}

test('no sequence of calls lets a service use a key for a user who did not ask it to', async () => {
  const operator = { accessKeyId: 'anybody', secretAccessKey: 'x' }
  let services = await Promise.all(NAMES.map((name) => newService(trent, name, operator)))
  const active = USERS.map(() => true)
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const world: World = { services, sent: [], sessions: [], active }
      try {
        for (const command of sequence) await run(world, command)
      } finally {
        services = world.services
      }
    }),
    { numRuns: 60 },
  )
  assert.ok(allowed.forward > 0 && allowed.use > 0, JSON.stringify(allowed))
})

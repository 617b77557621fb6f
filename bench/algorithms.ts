/**
 * Figures of key pairs: `npm run bench:algorithms -- [--seconds 2] [--rounds 5]`.
 *
 * Sign and Verify with each algorithm, data key pairs of each spec, and what slow algorithms do to Decrypt beside them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Endpoint, type KmsClient, openKmsClient, readCredentials } from '../scripts/kms-client.ts'
import { startTrentProcess, type TrentProcess } from '../scripts/trent-process.ts'
import { succeeded } from '../test/support/answer.ts'
import { openBare, ratePerCore } from './bare-crypto.ts'
import { type Figure, isMet, median, tableOf } from './figures.ts'
import { load } from './load.ts'
import { isInstalled, watchMachine } from './machine.ts'
import { makeSubject, writeCalls, writeRequests } from './requests.ts'
import { makeSigners, type Signer } from './signers.ts'

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '5' } },
})
const seconds = Number(options.seconds)
const rounds = Number(options.rounds)
const WARM_UP_SECONDS = 1
/** Calls at once: enough to keep every core at work. */
const CONNECTIONS = 8
/** Different requests in a file: the slowest algorithms answer fewer. */
const REQUESTS = 500
/** Callers of Decrypt whose waiting is measured beside slow work. Few, so that they wait for that work and not for each other. */
const DECRYPT_CONNECTIONS = 4
/** How much longer Decrypt may take beside slow work, at the 99th percentile. */
const STALL_MAX = 3

type Bench = {
  readonly endpoint: Endpoint
  readonly client: KmsClient
  readonly pids: readonly number[]
  readonly file: (name: string) => string
}

/** Requests per second, and what a core does without a service around it. */
async function measureSigner(bench: Bench, signer: Signer): Promise<readonly Figure[]> {
  const bare = openBare(signer.keySpec, signer.algorithm)
  const figures: Figure[] = []
  for (const operation of ['Sign', 'Verify'] as const) {
    process.stderr.write(`${operation} ${signer.name} ...\n`)
    const requests = bench.file('requests')
    writeCalls(requests, bench.endpoint, REQUESTS, () => [operation, signer.inputs[operation]])
    const target = { url: bench.endpoint.url, pids: bench.pids, requests, connections: CONNECTIONS }
    await load({ ...target, seconds: WARM_UP_SECONDS })
    const perCore = ratePerCore(operation === 'Sign' ? bare.sign : bare.verify)
    const { perSecond, p50Us } = await load({ ...target, seconds })
    const name = `${operation}, ${signer.name}`
    figures.push(
      { name, value: perSecond, unit: '/s' },
      { name: `${name}, ratio to a core of node:crypto`, value: perSecond / perCore, unit: 'x', digits: 2 },
      { name: `${name}, p50`, value: p50Us / 1_000, unit: 'ms', digits: 1 },
    )
  }
  return figures
}

const PAIR_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
] as const

/** Two callers, each of which asks again when it was answered; RSA's primes take a random time, so it is a mean. */
async function measureDataKeyPairs({ client }: Bench): Promise<readonly Figure[]> {
  const { KeyId } = succeeded(await client.call('CreateKey', {})).KeyMetadata
  const figures: Figure[] = []
  for (const KeyPairSpec of PAIR_SPECS) {
    process.stderr.write(`GenerateDataKeyPair ${KeyPairSpec} ...\n`)
    const started = performance.now()
    const until = started + seconds * 1_000
    let made = 0
    const caller = async () => {
      for (; performance.now() < until; made += 1)
        succeeded(await client.call('GenerateDataKeyPair', { KeyId, KeyPairSpec }))
    }
    await Promise.all([caller(), caller()])
    const value = (made / (performance.now() - started)) * 1_000
    figures.push({ name: `GenerateDataKeyPair, ${KeyPairSpec}`, value, unit: '/s', digits: value < 100 ? 1 : 0 })
  }
  return figures
}

/** Decrypt alone and beside slow signatures, in turn. */
async function measureStall(bench: Bench, what: string, slow: readonly Signer[]): Promise<readonly Figure[]> {
  process.stderr.write(`Decrypt beside ${what} ...\n`)
  const [quick, busy] = [bench.file('decrypt'), bench.file('slow')]
  writeRequests(quick, bench.endpoint, 'Decrypt', await makeSubject(bench.client))
  writeCalls(busy, bench.endpoint, REQUESTS, (index) => ['Sign', slow[index % slow.length]?.inputs.Sign ?? {}])
  const target = { url: bench.endpoint.url, pids: [] }
  const decrypt = { ...target, requests: quick, connections: DECRYPT_CONNECTIONS, seconds }
  await load({ ...decrypt, seconds: WARM_UP_SECONDS })
  const [alone, beside, slowRates]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds; round += 1) {
    alone.push((await load(decrypt)).p99Us)
    const slowRun = load({ ...target, requests: busy, connections: CONNECTIONS, seconds: seconds + WARM_UP_SECONDS })
    beside.push((await load(decrypt)).p99Us)
    slowRates.push((await slowRun).perSecond)
  }
  const ratios = beside.map((us, round) => us / (alone[round] ?? Number.NaN))
  const name = `Decrypt beside ${what}`
  return [
    {
      name: `${name}, p99 as a multiple of it alone`,
      value: median(ratios),
      unit: 'x',
      digits: 2,
      target: { max: STALL_MAX },
    },
    { name: `${name}, p99`, value: median(beside) / 1_000, unit: 'ms', digits: 2 },
    { name: `${name}, p99 alone`, value: median(alone) / 1_000, unit: 'ms', digits: 2 },
    { name: `${name}, signatures meanwhile`, value: median(slowRates), unit: '/s' },
  ]
}

/** What runs on threads of its own, and what the key process computes in its only one. */
const STREAMS = [
  ['RSA_4096 and ML_DSA_87 messages', ['RSASSA_PSS_SHA_512 of RSA_4096, RAW', 'ML_DSA_SHAKE_256 of ML_DSA_87, RAW']],
  [
    'RSA_4096 digests and ML_DSA_65 mu',
    ['RSASSA_PSS_SHA_512 of RSA_4096, DIGEST', 'ML_DSA_SHAKE_256 of ML_DSA_65, EXTERNAL_MU'],
  ],
] as const

async function measure(trent: TrentProcess, directory: string): Promise<readonly Figure[]> {
  const endpoint = { url: trent.url, credentials: readCredentials(directory) }
  const client = openKmsClient(endpoint)
  const file = (name: string) => join(directory, name)
  const bench: Bench = { endpoint, client, pids: [trent.pid, ...trent.keyProcesses()], file }
  try {
    const signers = await makeSigners(client)
    const figures: Figure[] = []
    for (const [what, names] of STREAMS) {
      const slow = signers.filter(({ name }) => names.some((wanted) => wanted === name))
      figures.push(...(await measureStall(bench, what, slow)))
    }
    for (const signer of signers) figures.push(...(await measureSigner(bench, signer)))
    return [...figures, ...(await measureDataKeyPairs(bench))]
  } finally {
    client.close()
  }
}

if (!isInstalled('wrk')) {
  process.stderr.write('The benchmark needs the load generator wrk: apt-get install wrk\n')
  process.exit(1)
}
const machine = watchMachine()
const directory = mkdtempSync(join(tmpdir(), 'trent-bench-'))
try {
  await using trent = await startTrentProcess({ mode: 'serve', data: directory })
  const figures = await measure(trent, directory)
  const { steal, idle } = machine()
  process.stdout.write(`${tableOf(figures)}\n\n`)
  process.stdout.write(
    `Machine: ${idle.toFixed(0)} % idle, ${steal.toFixed(1)} % taken by its hypervisor. Distrust a run with more than 2 %.\n`,
  )
  const missed = figures.filter((figure) => isMet(figure) === false)
  process.stdout.write(missed.length === 0 ? 'All targets are met.\n' : `${missed.length} targets are missed.\n`)
} finally {
  rmSync(directory, { recursive: true })
}

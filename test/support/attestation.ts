import { execFileSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Encodable, encodeCbor } from './cbor.ts'

/** A certificate, DER, and the key that it is of. */
export type Certified = {
  readonly der: Uint8Array
  readonly key: KeyObject
  readonly keyPem: string
  readonly pem: string
}

type Wanted = {
  readonly name: string
  readonly issuer?: Certified
  readonly isCa?: boolean
  readonly days?: string
  readonly curve?: string
}

/** Makes a certificate with OpenSSL. `days` may be a range such as `20200101000000Z 20200102000000Z`. */
export function certify({ name, issuer, isCa = true, days = '', curve = 'secp384r1' }: Wanted): Certified {
  const directory = mkdtempSync(join(tmpdir(), 'trent-certificate-'))
  const at = (file: string) => join(directory, file)
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', at('key.pem'))
  openssl('req', '-new', '-key', at('key.pem'), '-subj', `/CN=${name}`, '-out', at('request.pem'))
  writeFileSync(at('extensions'), `basicConstraints=critical,CA:${isCa ? 'TRUE' : 'FALSE'}\n`)
  const [from, to] = days.split(' ')
  const dates = from && to ? ['-startdate', from, '-enddate', to] : ['-days', '2']
  writeFileSync(at('issuer.pem'), issuer?.pem ?? '')
  writeFileSync(at('issuer-key.pem'), issuer?.keyPem ?? '')
  writeFileSync(at('index'), '')
  writeFileSync(
    at('serial'),
    `${BigInt(`0x${Buffer.from(name).toString('hex')}`)
      .toString(16)
      .padStart(2, '0')
      .slice(0, 16)
      .padStart(16, '1')}\n`,
  )
  writeFileSync(
    at('ca.conf'),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${at('index')}\nserial=${at('serial')}\nnew_certs_dir=${directory}\ndefault_md=sha384\npolicy=p\n[p]\ncommonName=supplied\n`,
  )
  const signer = issuer
    ? ['-cert', at('issuer.pem'), '-keyfile', at('issuer-key.pem')]
    : ['-selfsign', '-keyfile', at('key.pem')]
  openssl(
    'ca',
    '-batch',
    '-notext',
    '-config',
    at('ca.conf'),
    ...signer,
    '-in',
    at('request.pem'),
    '-extfile',
    at('extensions'),
    ...dates,
    '-out',
    at('certificate.pem'),
  )
  const [pem, keyPem] = [readFileSync(at('certificate.pem'), 'latin1'), readFileSync(at('key.pem'), 'latin1')]
  rmSync(directory, { recursive: true })
  return { der: new X509Certificate(pem).raw, key: createPrivateKey(keyPem), keyPem, pem }
}

export type Chain = { readonly root: Certified; readonly middle: Certified; readonly leaf: Certified }

export function makeChain(over: { readonly leaf?: Partial<Wanted>; readonly middle?: Partial<Wanted> } = {}): Chain {
  const root = certify({ name: 'root' })
  const middle = certify({ name: 'middle', issuer: root, ...over.middle })
  const leaf = certify({ name: 'leaf', issuer: middle, isCa: false, ...over.leaf })
  return { root, middle, leaf }
}

/** Who receives: an RSA key pair. */
export const makeRecipient = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength })

export const PCR0 = Buffer.alloc(48, 0xab)

/** Claims of an enclave that are in order. */
export function claimsOf({ root, middle, leaf }: Chain, publicKey: KeyObject): Map<string, Encodable> {
  return new Map<string, Encodable>([
    ['module_id', 'i-1234567890abcdef0-enc0123456789abcdef'],
    ['digest', 'SHA384'],
    ['timestamp', Date.now()],
    [
      'pcrs',
      new Map([
        [0, PCR0],
        [1, Buffer.alloc(48, 1)],
        [8, Buffer.alloc(48, 8)],
      ]),
    ],
    ['certificate', leaf.der],
    ['cabundle', [root.der, middle.der]],
    ['public_key', publicKey.export({ type: 'spki', format: 'der' })],
    ['user_data', null],
    ['nonce', null],
  ])
}

const PROTECTED = encodeCbor(new Map([[1, -35]]))

/** A document over `claims`, signed by `key`. */
export function documentOf(claims: ReadonlyMap<string, Encodable>, key: KeyObject, header: Buffer = PROTECTED): Buffer {
  const payload = encodeCbor(claims)
  const signed = encodeCbor(['Signature1', header, Buffer.alloc(0), payload])
  const signature = sign('sha384', signed, { key, dsaEncoding: 'ieee-p1363' })
  return encodeCbor([header, new Map(), payload, signature])
}

/** Opens what was sealed, with OpenSSL. */
export function openSealed(sealed: string, key: KeyObject): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'trent-sealed-'))
  const path = join(directory, 'key.pem')
  writeFileSync(path, key.export({ type: 'pkcs8', format: 'pem' }))
  const args = ['cms', '-decrypt', '-inform', 'DER', '-inkey', path, '-binary']
  const opened = execFileSync('openssl', args, { input: Buffer.from(sealed, 'base64') })
  rmSync(directory, { recursive: true })
  return opened
}

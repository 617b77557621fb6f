import { createCipheriv, createSecretKey } from 'node:crypto'
import { encodeContext } from '../../domain/encryption-context.ts'
import { isError } from '../../domain/error.ts'
import { IMPLEMENTATIONS, mac } from './algorithms.ts'
import { derivationInput, deriveKey, deriveSigningKey } from './derive.ts'
import { decrypt, encrypt, encryptWith, envelopeKey } from './envelope.ts'
import { GCM } from './sealed.ts'
import { openKeyWrap } from './unwrapping.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

/** Source: McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16, as submitted to NIST. */
function gcm(): string {
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308')
  const cipher = createCipheriv('aes-256-gcm', key, hex('cafebabefacedbaddecaf888'), GCM)
  cipher.setAAD(hex('feedfacedeadbeeffeedfacedeadbeef'))
  cipher.setAAD(hex('abaddad2'))
  const plaintext = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  )
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return ciphertext.toString('hex') + cipher.getAuthTag().toString('hex')
}

/** Label and context as `envelope.ts` uses them. Computed apart from this code, from SP 800-108r1. */
function keyDerivation(): string {
  const key = createSecretKey(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))
  return deriveKey(key, derivationInput('trent/v1/aes-256-gcm', Buffer.alloc(16, 0xaa))).toString('hex')
}

function context(): string {
  const encoded = encodeContext(
    new Map([
      ['Project', 'Alpha'],
      ['Department', 'Engineering'],
    ]),
  )
  return isError(encoded) ? encoded.code : Buffer.from(encoded).toString('hex')
}

/** Source: RFC 4231, test case 2. */
const macOf = (hash: string) => () =>
  mac(createSecretKey(Buffer.from('Jefe')), hash, Buffer.from('what do ya want for nothing?')).toString('hex')

/** Source: AWS general reference, "Deriving a signing key", example. */
function signingKey(): string {
  const scope = { date: Buffer.from('20150830'), region: Buffer.from('us-east-1'), service: Buffer.from('iam') }
  return deriveSigningKey(Buffer.from('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'), scope).toString('hex')
}

/** Key data of RFC 5649, 6, under the bytes 00 to 1f. Computed apart from this code. */
function keyWrap(): string {
  const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
  const wrapped = hex('29b7fa191c2165684374eee9f74595e2a42bace75c425b3053efa26ffe1bb32f')
  const changed = hex('29b7fa191c2165684374eee9f74595e2a42bace75c425b3053efa26ffe1bb32e')
  return `${openKeyWrap(key, wrapped)?.toString('hex')}, ${openKeyWrap(key, changed)}`
}

/** A whole ciphertext with a chosen nonce and IV. Layout: docs/formats.md. */
function envelope(): string {
  const random = Buffer.from(Array.from({ length: 28 }, (_, i) => 0x40 + i))
  const ciphertext = encryptWith(exampleKey(), random, Buffer.alloc(32, 0x50), Buffer.alloc(2))
  return ciphertext.toString('hex')
}

function exampleKey() {
  const keyId = Buffer.from('1234abcd-12ab-34cd-56ef-1234567890ab')
  return envelopeKey(createSecretKey(Buffer.alloc(32, 0x11)), keyId, Buffer.alloc(32, 0x22))
}

function roundTrip(): string {
  const key = exampleKey()
  const ciphertext = encrypt(key, Buffer.from('plaintext'), Buffer.alloc(2))
  if (typeof ciphertext === 'string') return ciphertext
  const again = decrypt(key, ciphertext, Buffer.alloc(2))
  const elsewhere = decrypt(key, ciphertext, Buffer.of(0, 1))
  return `${again}, ${elsewhere}`
}

/** What runs, and what must come out. */
const KNOWN_ANSWERS: Readonly<Record<string, readonly [() => string, string]>> = {
  'AES-256-GCM': [
    gcm,
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  ],
  'key derivation': [keyDerivation, '46803f49501bdb6a466c4810155701e81629d4ce3b3b9b69b1ade3a086c894f5'],
  'encryption context': [
    context,
    '0002000a4465706172746d656e74000b456e67696e656572696e67000750726f6a6563740005416c706861',
  ],
  'HMAC-SHA-224': [macOf(IMPLEMENTATIONS.HMAC_224.hash), 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44'],
  'HMAC-SHA-256': [
    macOf(IMPLEMENTATIONS.HMAC_256.hash),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  'HMAC-SHA-384': [
    macOf(IMPLEMENTATIONS.HMAC_384.hash),
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  ],
  'HMAC-SHA-512': [
    macOf(IMPLEMENTATIONS.HMAC_512.hash),
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  ],
  'AES key wrap': [keyWrap, 'c37b7e6492584340bed12207808941155068f738, undefined'],
  'signing key': [signingKey, 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9'],
  'ciphertext layout': [
    envelope,
    '0102020078222222222222222222222222222222222222222222222222222222' +
      '222222222201404142434445464748494a4b4c4d4e4f0000007e307c06092a86' +
      '4886f70d010706a06f306d020100306806092a864886f70d010701301e060960' +
      '864801650304012e3011040c505152535455565758595a5b020110803b55484f' +
      'dc92cc613f2854e85500d552017c342d3da658922a254cd40473c97fcefe9b69' +
      'c85c5a810ca926bad1496e68ed6ced20196f1e3ee9f4df18',
  ],
  'round trip': [roundTrip, 'plaintext, invalidCiphertext'],
}

/** @returns the name of the first known answer that does not come out; nothing when all do. */
export function failedSelfTest(): string | undefined {
  return Object.entries(KNOWN_ANSWERS).find(([, [run, expected]]) => run() !== expected)?.[0]
}

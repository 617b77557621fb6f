import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreateKeyCommand, GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import {
  type Address,
  bytesToHex,
  type Hex,
  hashMessage,
  hashTypedData,
  hexToBytes,
  keccak256,
  parseEther,
  parseGwei,
  parseTransaction,
  recoverAddress,
  recoverTransactionAddress,
  type SignableMessage,
  serializeTransaction,
  type TransactionSerialized,
  verifyMessage,
  verifyTypedData,
} from 'viem'
import { publicKeyToAddress, toAccount } from 'viem/accounts'
import { REGION, startTrent } from '../support/trent.ts'

// An account of Ethereum whose private key never leaves the service: viem hashes, encodes and recovers, the service signs.
const trent = await startTrent('dev')
const kms = new KMSClient({ endpoint: trent.url, region: REGION, credentials: trent.credentials })
after(async () => {
  kms.destroy()
  await trent.close()
})

/** Bytes of an uncompressed point, at the end of SubjectPublicKeyInfo. */
const POINT_BYTES = 65

type EthereumSignature = { readonly r: Hex; readonly s: Hex; readonly yParity: 0 | 1; readonly v: bigint }
const hexOf = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`

/** How often the service's own value of s was the higher one. */
let highs = 0

async function signDigest(KeyId: string | undefined, address: Address, digest: Hex): Promise<EthereumSignature> {
  const { Signature } = await kms.send(
    new SignCommand({
      KeyId,
      SigningAlgorithm: 'ECDSA_SHA_256',
      MessageType: 'DIGEST',
      Message: hexToBytes(digest),
    }),
  )
  assert.ok(Signature)
  const { r, s: given } = secp256k1.Signature.fromBytes(Signature, 'der')
  // Ethereum takes the lower of the two values alone (EIP-2); KMS answers either.
  const order = secp256k1.Point.Fn.ORDER
  const isHigh = given > order / 2n
  if (isHigh) highs += 1
  const signature = { r: hexOf(r), s: hexOf(isHigh ? order - given : given) }
  // Which of two points it was, a signature in DER does not tell: the one that leads to the key.
  for (const yParity of [0, 1] as const)
    if ((await recoverAddress({ hash: digest, signature: { ...signature, yParity } })) === address)
      return { ...signature, yParity, v: BigInt(27 + yParity) }
  return assert.fail('the signature leads to another address')
}

const joined = ({ r, s, yParity }: EthereumSignature): Hex => `${r}${s.slice(2)}${yParity === 0 ? '1b' : '1c'}` as Hex

async function openAccount() {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' }))
  const KeyId = KeyMetadata?.KeyId
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  assert.ok(PublicKey)
  const point = PublicKey.subarray(-POINT_BYTES)
  const address = publicKeyToAddress(bytesToHex(point))
  const sign = (digest: Hex) => signDigest(KeyId, address, digest)
  const account = toAccount({
    address,
    signMessage: async ({ message }: { message: SignableMessage }) => joined(await sign(hashMessage(message))),
    signTypedData: async (typedData) => joined(await sign(hashTypedData(typedData))),
    signTransaction: async (transaction) =>
      serializeTransaction(transaction, await sign(keccak256(serializeTransaction(transaction)))),
  })
  return { account, point }
}

/** viem tells the kinds of transactions apart by their first byte. */
function parseSerialized(text: Hex): TransactionSerialized {
  return text as TransactionSerialized
}

const { account, point } = await openAccount()
const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const TRANSFER = { chainId: 1, nonce: 7, gas: 21_000n, to: TO, value: parseEther('0.5') } as const

test('the address is the end of the hash of the point in the public key', () => {
  assert.equal(point[0], 4)
  const hashed = keccak256(point.subarray(1))
  assert.equal(account.address.toLowerCase(), `0x${hashed.slice(-40)}`)
})

const TRANSACTIONS = [
  { ...TRANSFER, type: 'eip1559', maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('1') },
  { ...TRANSFER, type: 'eip2930', gasPrice: parseGwei('20'), accessList: [] },
  { ...TRANSFER, type: 'legacy', gasPrice: parseGwei('20') },
] as const
for (const transaction of TRANSACTIONS)
  test(`${transaction.type}: a transaction is signed through Sign, and leads back to the key's address`, async () => {
    const serializedTransaction = parseSerialized(await account.signTransaction(transaction))
    assert.equal(await recoverTransactionAddress({ serializedTransaction }), account.address)
    const parsed = parseTransaction(serializedTransaction)
    assert.deepEqual([parsed.to?.toLowerCase(), parsed.value, parsed.nonce], [TO.toLowerCase(), TRANSFER.value, 7])
    const { r, s, yParity, v } = parsed
    const changed = serializeTransaction(
      { ...transaction, value: 1n },
      { r: r ?? '0x', s: s ?? '0x', yParity: yParity ?? 0, v: v ?? 0n },
    )
    assert.notEqual(await recoverTransactionAddress({ serializedTransaction: changed }), account.address)
  })

test('a personal message verifies with the address, and no other message does', async () => {
  const signature = await account.signMessage({ message: 'attack at dawn' })
  const { address } = account
  assert.ok(await verifyMessage({ address, message: 'attack at dawn', signature }))
  assert.equal(await verifyMessage({ address, message: 'attack at dusk', signature }), false)
})

test('typed data verifies with the address, and no other data does', async () => {
  const typed = {
    domain: { name: 'Mail', version: '1', chainId: 1, verifyingContract: TO },
    types: {
      Mail: [
        { name: 'to', type: 'address' },
        { name: 'contents', type: 'string' },
      ],
    },
    primaryType: 'Mail',
  } as const
  const signature = await account.signTypedData({ ...typed, message: { to: TO, contents: 'Hello' } })
  const { address } = account
  assert.ok(await verifyTypedData({ ...typed, address, message: { to: TO, contents: 'Hello' }, signature }))
  assert.equal(await verifyTypedData({ ...typed, address, message: { to: TO, contents: 'Bye' }, signature }), false)
})

test('s comes as it is, high or low, and every signature leads to the address once it is the lower one', async () => {
  const SIGNATURES = 64
  const before = highs
  await Promise.all(
    Array.from({ length: SIGNATURES }, async (_, index) => {
      const signature = await account.signMessage({ message: `message ${index}` })
      assert.ok(await verifyMessage({ address: account.address, message: `message ${index}`, signature }))
    }),
  )
  // Always the same half would happen by chance once in 2 ** 63 runs.
  assert.ok(highs > before && highs - before < SIGNATURES)
})

test('a second key is another address, and does not pass for the first', async () => {
  const { account: stranger } = await openAccount()
  assert.notEqual(stranger.address, account.address)
  const signature = await stranger.signMessage({ message: 'mine' })
  assert.equal(await verifyMessage({ address: account.address, message: 'mine', signature }), false)
})

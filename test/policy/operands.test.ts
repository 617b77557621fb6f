import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  isInNetwork,
  parseAddress,
  parseBase64,
  parseBool,
  parseDate,
  parseNetwork,
  parseNumber,
} from '../../src/policy/operands.ts'

const READERS = { parseAddress, parseBase64, parseBool, parseDate, parseNetwork, parseNumber }

const REFUSED: readonly (readonly [keyof typeof READERS, readonly string[]])[] = [
  ['parseNumber', ['', ' 1', '1 ', '0x10', '1,5', 'ten', '--1', 'Infinity', 'NaN', '.', '1e']],
  [
    'parseDate',
    [
      '',
      'today',
      '2026-13-01',
      '2026-00-01',
      '2026-02-30',
      '2026-01-00',
      '2026-01-01T24:00Z',
      '2026-01-01T10:60Z',
      '26-01-01',
      '2026-1-1',
      '2026-01-01 10:00',
      '2026-01-01T10Z',
      '1.',
      '12h',
    ],
  ],
  ['parseBool', ['', '1', 'yes', 'TRUE ', 'truefalse']],
  ['parseBase64', ['a', 'ab=', '====', 'a-b_', 'YQ=a', 'Y Q=']],
  [
    'parseAddress',
    [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '256.1.1.1',
      '01.2.3.4',
      '1.2.3.4/8',
      '::1::',
      ':::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      'g::',
      '12345::',
      'fe80::1%eth0',
      '::1.2.3',
      '1.2.3.4::',
    ],
  ],
  [
    'parseNetwork',
    ['', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', '10.0.0/8', '10.0.0.0/a'],
  ],
]

for (const [reader, texts] of REFUSED)
  for (const text of texts)
    test(`${reader} refuses ${JSON.stringify(text)}`, () => {
      assert.equal(READERS[reader](text), undefined)
    })

const DATES = [
  ['2026', Date.UTC(2026, 0, 1)],
  ['2026-03', Date.UTC(2026, 2, 1)],
  ['2026-03-01', Date.UTC(2026, 2, 1)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2026-03-01T12:30Z', Date.UTC(2026, 2, 1, 12, 30)],
  ['2026-03-01T12:30:15Z', Date.UTC(2026, 2, 1, 12, 30, 15)],
  ['2026-03-01T12:30:15.250Z', Date.UTC(2026, 2, 1, 12, 30, 15, 250)],
  ['2026-03-01T12:30:15+02:00', Date.UTC(2026, 2, 1, 10, 30, 15)],
  ['2026-03-01T12:30:15-05:30', Date.UTC(2026, 2, 1, 18, 0, 15)],
  ['2026-03-01T12:30:15', Date.UTC(2026, 2, 1, 12, 30, 15)],
  ['1772366400', 1_772_366_400_000],
  ['1546257599.0', 1_546_257_599_000],
] as const

for (const [text, ms] of DATES)
  test(`${text} is ${new Date(ms).toISOString()}`, () => {
    assert.equal(parseDate(text), ms)
  })

const NETWORKS = [
  ['10.200.3.4', '10.0.0.0/8', true],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.2', '10.0.0.1', false],
  ['192.168.1.129', '192.168.1.128/25', true],
  ['192.168.1.127', '192.168.1.128/25', false],
  ['192.168.1.129', '192.168.1.255/25', true],
  ['8.8.8.8', '0.0.0.0/0', true],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', true],
  ['::1', '0.0.0.0/0', false],
  ['10.0.0.1', '::/0', false],
  ['::ffff:10.0.0.1', '10.0.0.0/8', true],
  ['10.0.0.1', '::ffff:10.0.0.0/104', true],
] as const

for (const [address, network, isInside] of NETWORKS)
  test(`${address} is ${isInside ? '' : 'not '}in ${network}`, () => {
    const parsedAddress = parseAddress(address)
    const parsedNetwork = parseNetwork(network)
    assert.ok(parsedAddress && parsedNetwork)
    assert.equal(isInNetwork(parsedAddress, parsedNetwork), isInside)
  })

test('every address is in the networks that are cut from it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (text, bits) => {
      const address = parseAddress(text)
      assert.ok(address)
      const network = parseNetwork(`${text}/${Math.min(bits, text.includes(':') ? 128 : 32)}`)
      // An IPv4 address inside IPv6 is IPv4, and a network wider than that is IPv6.
      assert.ok(network && (address.length !== network.address.length || isInNetwork(address, network)))
    }),
  )
})

test('base64 is compared as bytes', () => {
  assert.equal(parseBase64('YR=='), parseBase64('YQ=='))
})

/**
 * The value of a header, as node:http's `rawHeaders` hold it; repeated headers are joined with `,` in received order.
 *
 * @param name - lower-case. `host` also finds HTTP/2's `:authority`.
 */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  const found = joinedValue(rawHeaders, name)
  return found === undefined && name === 'host' ? joinedValue(rawHeaders, ':authority') : found
}

function joinedValue(rawHeaders: readonly string[], name: string): string | undefined {
  let found: string | undefined
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] ?? ''
    // Lengths first: most names differ in length, and this runs for each signed header of each request.
    if (candidate.length !== name.length || (candidate !== name && candidate.toLowerCase() !== name)) continue
    const value = singleSpaced(rawHeaders[i + 1] ?? '')
    found = found === undefined ? value : `${found},${value}`
  }
  return found
}

/**
 * The header block of the canonical request: `name:value` and a line feed for each signed name, in the order signed.
 * For a signed header that is absent the line has no colon, which no signer writes: were it the line of an empty header,
 * an empty header could be dropped unseen.
 */
export function canonicalHeaders(rawHeaders: readonly string[], signedHeaders: readonly string[]): string {
  let block = ''
  for (const name of signedHeaders) {
    const value = headerValue(rawHeaders, name)
    block += value === undefined ? `${name}\n` : `${name}:${value}\n`
  }
  return block
}

/**
 * The value without outer blanks and with each run of blanks as one space, as SDK signers write it. Only space and tab:
 * `trim` and `\s` would also let a no-break space, one bit away from a space, pass for it.
 */
function singleSpaced(value: string): string {
  if (!value.startsWith(' ') && !value.endsWith(' ') && !value.includes('  ') && !value.includes('\t')) return value
  return value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Bucket } from '../trail/log-files/validator.ts'

/** As much of S3 as reading a bucket takes, over a bucket in memory: the world outside, for the AWS CLI to validate from. */
export async function serveBucket(bucket: () => Bucket): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const key = decodeURIComponent(pathname.split('/').slice(2).join('/'))
    const { name, objects, metadata } = bucket()
    const xml = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${text}`)
    if (searchParams.has('location')) return xml(200, '<LocationConstraint/>')
    if (key === '') return xml(200, listing(name, objects, searchParams))
    const object = objects.get(key)
    if (!object) return xml(404, '<Error><Code>NoSuchKey</Code><Message>missing</Message></Error>')
    const { signature, 'signature-algorithm': algorithm } = parseMetadata(metadata.get(key) ?? '{}')
    response.writeHead(200, {
      'content-length': object.length,
      ...(signature === undefined ? {} : { 'x-amz-meta-signature': signature }),
      ...(algorithm === undefined ? {} : { 'x-amz-meta-signature-algorithm': algorithm }),
    })
    return response.end(object)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = parseAddress(server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parseMetadata(text: string): { readonly [name: string]: string | undefined } {
  return JSON.parse(text) as { readonly [name: string]: string | undefined }
}

function parseAddress(address: unknown): AddressInfo {
  return address as AddressInfo
}

/** ListObjects, version 1: names after the marker, by name. */
function listing(name: string, objects: Bucket['objects'], parameters: URLSearchParams): string {
  const [prefix, marker] = [parameters.get('prefix') ?? '', parameters.get('marker') ?? '']
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > marker).sort()
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')
  return `<ListBucketResult><Name>${name}</Name><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`
}

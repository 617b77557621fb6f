import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// The reference of the benchmark: the least that a Node server can do. It reads a request's body and answers as many bytes
// as a Decrypt answers. Usage: node bench/echo.ts BYTES; it prints its URL.
const body = Buffer.alloc(Number(process.argv[2]), '.')
const headers = ['Content-Type', 'application/x-amz-json-1.1', 'Content-Length', String(body.length)]

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(200, headers)
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`http://127.0.0.1:${port}\n`)
})

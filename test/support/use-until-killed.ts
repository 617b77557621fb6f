import { startTrent } from './trent.ts'

/** Uses two keys in turns in the data directory of its argument and prints each acknowledged use: key ARN, request id. */
const trent = await startTrent('dev', { data: process.argv[2] ?? '' })
const arns = [(await trent.ok('CreateKey')).KeyMetadata.Arn, (await trent.ok('CreateKey')).KeyMetadata.Arn]
for (let turn = 0; ; turn += 1) {
  const arn = arns[turn % 2] ?? ''
  const { requestId } = await trent.kms('GenerateDataKey', { KeyId: arn, KeySpec: 'AES_256' })
  // Synchronous for a pipe: what was printed was acknowledged, and the kill may come at any time.
  process.stdout.write(`${arn} ${requestId}\n`)
}

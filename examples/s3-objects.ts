/**
 * Stores files encrypted in an S3-compatible store, and reads them back, whole or in part.
 *
 *   npx node examples/s3-objects.ts put BUCKET/KEY ALIAS < FILE
 *   npx node examples/s3-objects.ts get BUCKET/KEY [FIRST-LAST] > FILE
 *
 * AWS_ENDPOINT_URL names the KMS, AWS_ENDPOINT_URL_S3 the store; S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are the store's.
 */
import { KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { EncryptedObjects } from './encrypted-objects.ts'

const { AWS_REGION: region = 'us-east-1', S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '' } = process.env
const [, , command, place = '', argument = ''] = process.argv
const [bucket = '', ...rest] = place.split('/')
const target = { bucket, key: rest.join('/') }
if ((command !== 'put' && command !== 'get') || target.key === '')
  throw new Error('usage: s3-objects.ts put|get BUCKET/KEY …')

const s3 = new S3Client({
  region,
  forcePathStyle: true,
  // Stores of others do not know the checksums that S3 has since 2022.
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
})
const objects = new EncryptedObjects({ s3, kms: new KMSClient({ region }), keyId: argument, usesBucketKeys: true })
if (command === 'put') await objects.put(target, process.stdin)
else {
  const [first, last] = argument.split('-').map(Number)
  const range = first === undefined || last === undefined ? undefined : { first, last }
  process.stdout.write(await objects.get(target, range))
}

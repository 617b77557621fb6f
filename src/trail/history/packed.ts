import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { TRAIL_LINE_MAX_BYTES } from '../../domain/limits.ts'

/**
 * What events have in common, the most frequent last. An event of 900 bytes packs to about 350 with it; without it, to 550.
 * Packed events open with the same text only: a change of it is a new FORMAT of the index.
 */
const DICTIONARY = Buffer.from(
  '"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA"},"attributes":{"creationDate":"2026-01-01T00:00:00Z","mfaAuthenticated":"false"}}' +
    '"errorCode":"AccessDenied","errorMessage":"User: arn:aws:iam:: is not authorized to perform: kms: on resource: because no identity-based policy allows the action"' +
    '"eventName":"GenerateDataKeyWithoutPlaintext""eventName":"DescribeKey""eventName":"ReEncrypt""eventName":"Sign""eventName":"CreateKey"' +
    '{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA","arn":"arn:aws:iam::user/","accountId":"","accessKeyId":"AKIA","userName":""},' +
    '"eventTime":"2026-11-22T00:00:00Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"us-east-1","sourceIPAddress":"127.0.0.1","userAgent":"aws-sdk-js/3.1162.0 ua/2.1 os/linux lang/js md/nodejs api/kms",' +
    '"requestParameters":{"keyId":"arn:aws:kms:us-east-1:alias/","keySpec":"AES_256","encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{}},"responseElements":null,"additionalEventData":{"keyMaterialId":""},' +
    '"requestID":"","eventID":"","readOnly":true,"resources":[{"accountId":"","type":"AWS::KMS::Key","ARN":"arn:aws:kms:us-east-1:key/"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"","eventCategory":"Management"}',
)

/** An event of the index, smaller. */
export function pack(line: string): Uint8Array {
  return deflateRawSync(line, { dictionary: DICTIONARY })
}

/** @throws zlib's error for what {@link pack} did not make. */
export function unpack(packed: Uint8Array): string {
  return inflateRawSync(packed, { dictionary: DICTIONARY, maxOutputLength: TRAIL_LINE_MAX_BYTES }).toString('utf8')
}

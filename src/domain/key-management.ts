/** Operations that a key of AWS's can be asked for at all; all others manage it, which AWS does alone. In lower case. */
const USES: ReadonlySet<string> = new Set(
  [
    'CreateGrant',
    'Decrypt',
    'DeriveSharedSecret',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateMac',
    'ReEncryptFrom',
    'ReEncryptTo',
    'RetireGrant',
    'RevokeGrant',
    'Sign',
    'Verify',
    'VerifyMac',
  ].map((name) => `kms:${name}`),
)
const READS = /^kms:(?:Describe|Get|List)/

/** Whether `action` on a key changes what the key is, rather than using it or telling about it. */
export function managesKey(action: string): boolean {
  return !USES.has(action) && !READS.test(action)
}

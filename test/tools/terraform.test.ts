import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { REGION, startTrent } from '../support/trent.ts'

// Terraform makes, changes and destroys keys with the AWS provider as it is, told nothing but where the services are.
const trent = await startTrent('dev')
const directory = mkdtempSync(join(tmpdir(), 'trent-terraform-'))
after(async () => {
  await trent.close()
  rmSync(directory, { recursive: true })
})

const CONFIGURATION = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "${REGION}"
  access_key                  = "${trent.account}"
  secret_key                  = "anything"
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    iam = "${trent.url}"
    kms = "${trent.url}"
    sts = "${trent.url}"
  }
}
variable "description" { type = string }
resource "aws_kms_key" "cipher" {
  description             = var.description
  deletion_window_in_days = 7
  enable_key_rotation     = true
  tags                    = { team = "payments" }
}
resource "aws_kms_key" "signer" {
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 7
}
resource "aws_kms_alias" "cipher" {
  name          = "alias/terraform"
  target_key_id = aws_kms_key.cipher.key_id
}
data "aws_kms_public_key" "signer" { key_id = aws_kms_key.signer.key_id }
resource "aws_kms_ciphertext" "secret" {
  key_id    = aws_kms_key.cipher.key_id
  plaintext = "secret"
}
output "key_id" { value = aws_kms_key.cipher.key_id }
output "public_key" { value = data.aws_kms_public_key.signer.public_key_pem }
`
/** Milliseconds: the provider is some 150 MB, and slow to start. */
const TIMEOUT_MS = 600_000

function terraform(...args: readonly string[]) {
  return spawnSync('terraform', [`-chdir=${directory}`, ...args], { encoding: 'utf8', timeout: TIMEOUT_MS })
}

/** Terraform without its provider is of no use, and neither npm nor Debian has that: only its registry or a mirror. */
function missingProvider(): string | false {
  writeFileSync(join(directory, 'main.tf'), CONFIGURATION)
  const { status } = terraform('init', '-no-color', '-input=false')
  return status === 0 ? false : 'where present: terraform, with hashicorp/aws where its init finds it'
}
const skip = missingProvider()

function ran(...args: readonly string[]): string {
  const { status, stdout, stderr } = terraform(...args)
  assert.equal(status, 0, stderr)
  return stdout
}
const how = (description: string) => ['-no-color', '-input=false', '-var', `description=${description}`] as const

test('Terraform makes keys and an alias, finds nothing to change, changes them, and destroys them', {
  skip,
}, async () => {
  ran('apply', '-auto-approve', ...how('first'))
  const keyId = ran('output', '-raw', 'key_id')
  assert.match(ran('output', '-raw', 'public_key'), /^-----BEGIN PUBLIC KEY-----/)
  ran('plan', '-detailed-exitcode', ...how('first'))
  ran('apply', '-auto-approve', ...how('second'))
  const caller = { account: trent.account }
  const { KeyMetadata } = await trent.ok('DescribeKey', { KeyId: 'alias/terraform' }, caller)
  assert.deepEqual([KeyMetadata.KeyId, KeyMetadata.Description], [keyId, 'second'])
  ran('destroy', '-auto-approve', ...how('second'))
  const gone = await trent.ok('DescribeKey', { KeyId: keyId }, caller)
  assert.equal(gone.KeyMetadata.KeyState, 'PendingDeletion')
})

import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import { action } from './failure.ts'
import { collect } from './service-options.ts'

const DEVICE = 'block device, or file'

export function addVolume(program: Command): void {
  const volume = program
    .command('volume')
    .summary('encrypt volumes under a key')
    .description(
      'Keep the passphrase of a LUKS2 volume under a key of KMS. Needs cryptsetup. See docs/integrations/volumes.md.',
    )
  for (const add of [addFormat, addOpenKey, addRekey]) add(volume)
}

function child(volume: Command, name: string, description: string, example: string): Command {
  const command = volume.command(name).description(description).addHelpText('after', `\nExample:\n  $ ${example}`)
  return addClientOptions(command).argument('<device>', DEVICE)
}

function addFormat(volume: Command): void {
  child(
    volume,
    'format',
    'Make an encrypted volume. Everything on the device is gone.',
    'trent volume format /dev/vdb --key alias/volumes',
  )
    .requiredOption('--key <key>', 'key id, key ARN, alias name or alias ARN')
    .option('--context <name=value>', 'more encryption context; may be given several times', collect)
    .option('--force', 'also when there is an encrypted volume on it')
    .action(
      action(async (device: string, options) => (await import('./integrations/volume.ts')).format(device, options)),
    )
}

function addOpenKey(volume: Command): void {
  child(
    volume,
    'open-key',
    'Print the passphrase of a volume, 64 bytes, for cryptsetup to read.',
    'trent volume open-key /dev/vdb | cryptsetup open --key-file - /dev/vdb data',
  ).action(
    action(async (device: string, options) => (await import('./integrations/volume.ts')).printKey(device, options)),
  )
}

function addRekey(volume: Command): void {
  child(
    volume,
    'rekey',
    'Give a volume a new passphrase, and take the old one away. It may be in use.',
    'trent volume rekey /dev/vdb --key alias/volumes-2027',
  )
    .option('--key <key>', 'under another key (default: the same)')
    .action(
      action(async (device: string, options) => (await import('./integrations/volume.ts')).rekey(device, options)),
    )
}

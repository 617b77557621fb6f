import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import { action } from './failure.ts'
import { collect } from './service-options.ts'

const EXAMPLE = `
Example:
  $ trent k8s --key alias/k8s --context cluster=blue --socket /run/trent-kms/kms.sock`

export function addK8s(program: Command): void {
  const command = program
    .command('k8s')
    .summary('encrypt the secrets of a Kubernetes cluster')
    .description(
      'Serve the KMS v2 plugin of a Kubernetes API server on a Unix socket. See docs/integrations/kubernetes.md.',
    )
    .requiredOption('--key <key>', 'key id, key ARN, alias name or alias ARN')
    .option('--socket <path>', 'where to listen', '/run/trent-kms/kms.sock')
    .option('--context <name=value>', 'encryption context of everything; may be given several times', collect)
  addClientOptions(command)
    .addHelpText('after', EXAMPLE)
    .action(action(async (options) => (await import('./integrations/k8s.ts')).k8s(options)))
}

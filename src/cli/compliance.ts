import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import { action } from './failure.ts'

const EXAMPLES = `
Examples:
  $ trent compliance
  $ trent compliance --data /var/lib/trent --report report.html`

export function addCompliance(program: Command): void {
  addClientOptions(program.command('compliance'))
    .summary('find keys and principals that are not as they should be')
    .description(
      'Check the keys of the Region, and the principals of the account, against every rule. Each finding says why, and how to mend it. Needs the right to trent:EvaluateCompliance. A finding makes the command end with 1.',
    )
    .option('--report <file>', 'write a report for an auditor to this file, HTML')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(action(async (options) => (await import('./compliance/compliance.ts')).compliance(options)))
}

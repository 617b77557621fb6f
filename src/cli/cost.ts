import type { Command } from 'commander'
import { action } from './failure.ts'

const EXAMPLES = `
Examples:
  $ trent cost --data /var/lib/trent
  $ trent cost --data /var/lib/trent --month 2026-10 --by key
  $ trent cost --data /var/lib/trent --from 2026-10-01 --to 2026-10-07 --by principal --json`

export function addCost(program: Command): void {
  program
    .command('cost')
    .summary('what the use of keys would cost on AWS')
    .description(
      "Count keys and requests in the trail of a data directory and price them by AWS's list. The service may be running. Without a period: the current month so far.",
    )
    .requiredOption('--data <dir>', 'the data directory')
    .option('--month <month>', 'a calendar month, such as 2026-11')
    .option('--from <day>', 'first day, such as 2026-11-01 (UTC)')
    .option('--to <day>', 'last day (default: today)')
    .option('--by <group>', 'account, region, key, principal or operation (default: account)')
    .option('--limit <lines>', 'lines to print, the dearest first; the others are summed up', '1000')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(action(async (options) => (await import('./cost/cost.ts')).cost(options)))
}

import type { Command } from 'commander'
import { action } from './failure.ts'

export function addTrail(program: Command): void {
  const trail = program
    .command('trail')
    .summary('read and check the audit trail')
    .description('Read and check the audit trail of a data directory. The service may be running.')
  trail
    .command('verify')
    .description(
      'Find out whether anything in the trail was changed, removed, inserted or cut off. The service may be running.',
    )
    .requiredOption('--data <dir>', 'the data directory')
    .option('--checkpoints <file>', 'what --publish-checkpoints told a file, or events PutCheckpoint of another Trent')
    .option('--of <account>', 'account of the installation, where the file has checkpoints of several')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ trent trail verify --data /var/lib/trent && echo untouched')
    .action(action(async (options) => (await import('./trail/verify.ts')).verify(options)))
  addProofs(trail)
  addReaders(trail)
}

function addProofs(trail: Command): void {
  trail
    .command('prove <event-id>')
    .description('Print what shows to whoever has the published checkpoints that an event is in the trail.')
    .requiredOption('--data <dir>', 'the data directory')
    .requiredOption('--checkpoints <file>', 'what --publish-checkpoints told a file, or events of another Trent')
    .option('--of <account>', 'account of the installation, where the file has checkpoints of several')
    .addHelpText(
      'after',
      '\nExample:\n  $ trent trail prove ID --data /var/lib/trent --checkpoints /mnt/worm/trent > proof.json',
    )
    .action(action(async (eventId, options) => (await import('./trail/prove.ts')).prove(eventId, options)))
  trail
    .command('verify-proof <file>')
    .description('Check a proof by the published checkpoints, without the trail, and show the event.')
    .requiredOption('--checkpoints <file>', 'checkpoints from a place that whoever made the proof could not change')
    .option('--of <account>', 'account of the installation, where the file has checkpoints of several')
    .option('--json', 'print the event as JSON')
    .action(action(async (path, options) => (await import('./trail/prove.ts')).verifyProof(path, options)))
}

/** What selects events. */
function addFilter(command: Command): Command {
  return command
    .requiredOption('--data <dir>', 'the data directory')
    .option('--user <name>', 'events of this user or session')
    .option('--event <name>', 'events of this operation, such as Decrypt')
    .option('--key <key>', 'events about this key: id, ARN or alias')
    .option('--errors', 'only calls that were refused or failed')
    .option('--since <time>', 'events from this time on, ISO 8601')
    .option('--until <time>', 'events up to this time, ISO 8601')
}

function addReaders(trail: Command): void {
  trail
    .command('tail')
    .description('Show the newest events: time, who, what, key, answer.')
    .requiredOption('--data <dir>', 'the data directory')
    .option('-n, --lines <count>', 'how many', '20')
    .option('-f, --follow', 'go on with those that come')
    .option('--json', 'print each event as JSON on a line of its own')
    .action(action(async (options) => (await import('./trail/events.ts')).tail(options)))
  addFilter(trail.command('search'))
    .description('Find events, oldest first.')
    .option('--json', 'print each event as JSON on a line of its own')
    .addHelpText('after', '\nExample:\n  $ trent trail search --data /var/lib/trent --key alias/app --errors')
    .action(action(async (options) => (await import('./trail/events.ts')).search(options)))
  addFilter(trail.command('export'))
    .description('Print events as the content of a CloudTrail log file.')
    .action(action(async (options) => (await import('./trail/events.ts')).exportEvents(options)))
}

import type { Command } from 'commander'

/** How the commands that call the service find it; absent ones are found as any AWS client finds them. */
export type ClientOptions = { readonly endpointUrl?: string; readonly region?: string; readonly data?: string }

/** Where the service is. */
export function addEndpointOptions(command: Command): Command {
  return command
    .option(
      '--endpoint-url <url>',
      'the service (default: AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, else http://127.0.0.1:4599)',
    )
    .option('--region <name>', 'Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile, else us-east-1)')
}

export function addClientOptions(command: Command): Command {
  return addEndpointOptions(command).option(
    '--data <dir>',
    "use the root access key in this data directory (default: the SDK's credentials, else ./data, else made-up ones)",
  )
}

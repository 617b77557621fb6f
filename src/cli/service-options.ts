import { type Command, Option } from 'commander'

/** An option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** What `dev` and `serve` both take. Defaults and checks: config.ts. */
export function addServiceOptions(command: Command): Command {
  return command
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0 takes any that is free (default: 4599)')
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'private key of the certificate, PEM')
    .addOption(
      new Option(
        '--attestation-root <file>',
        'certificate that attestation documents must lead to, PEM; may be repeated',
      )
        .env('TRENT_ATTESTATION_ROOT')
        .argParser(collect),
    )
    .option(
      '--oidc-keys <issuer=keys>',
      "where an identity provider's keys are, as a file or URL; else they are asked for at its URL",
      collect,
    )
    .option(
      '--log-files <place>',
      'deliver log files and signed digests in the layout of CloudTrail to this directory, or to s3://BUCKET',
    )
    .option('--log-endpoint <url>', 'server that has the bucket of --log-files s3://BUCKET (default: that of AWS)')
    .option('--log-credentials <file>', 'access key for that bucket, in the form of AWS credentials files')
    .option('--log-region <name>', 'Region of that bucket (default: the first that is served)')
    .option('--log-bucket <name>', 'bucket that the digests say the log files are in (default: trent-log-files)')
    .option(
      '--publish-checkpoints <place>',
      'tell a file, a webhook or another Trent (trent+https://…) how far the trail goes; may be repeated',
      collect,
    )
    .option('--checkpoint-secret <file>', 'what checkpoints for webhooks are signed with')
    .option('--checkpoint-credentials <file>', 'access key of the other Trent, as its credentials file has it')
    .option('--metrics <who>', 'who may read /metrics: loopback, anyone or off (default: loopback)')
    .option('--quotas <aws|off|file>', "hold callers to AWS's request rates, or to those of a JSON file (default: off)")
    .addOption(
      new Option('--otlp <url>', 'tell an OpenTelemetry collector of calls and figures (OTLP over HTTP, JSON)').env(
        'OTEL_EXPORTER_OTLP_ENDPOINT',
      ),
    )
    .addOption(
      new Option('--otlp-headers <pairs>', 'headers for the collector, NAME=VALUE,…').env('OTEL_EXPORTER_OTLP_HEADERS'),
    )
    .addOption(
      new Option('--otlp-sample <ratio>', 'part of the calls that have a span, 0 to 1 (default: 1)').env(
        'OTEL_TRACES_SAMPLER_ARG',
      ),
    )
    .addOption(
      new Option('--otlp-service-name <name>', 'service.name of what is told (default: trent)').env(
        'OTEL_SERVICE_NAME',
      ),
    )
    .option('--alarms', 'look for what is unusual behind the trail, and tell the log: see docs/alarms.md')
    .option('--alarm-webhook <url>', 'tell it also to this URL, in signed messages; needs --alarm-secret')
    .option('--alarm-secret <file>', 'secret that messages are signed with, at least 16 bytes')
    .option('--insecure-http', 'listen without TLS on an address that others can reach')
}

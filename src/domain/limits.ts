/** Every bound in one place, each with its unit and where it comes from. */

/** Bytes. The largest legal request carries a 262,144-byte attestation document in base64; this leaves room for the rest. */
export const REQUEST_BODY_MAX_BYTES = 1_048_576
/** Bytes. node:http's own ceiling for all headers together, set by name so that it cannot drift. */
export const REQUEST_HEADERS_MAX_BYTES = 16_384
/** Milliseconds until the headers, and until the whole request, must have arrived. */
export const REQUEST_HEADERS_TIMEOUT_MS = 10_000
export const REQUEST_TIMEOUT_MS = 30_000
/** Milliseconds an idle connection is kept. Longer than the idle limits of AWS SDK connection pools. */
export const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** Milliseconds that requests under way have at shutdown. */
export const SHUTDOWN_TIMEOUT_MS = 10_000
/** Connections at once. */
export const CONNECTIONS_MAX = 20_000

/** Minutes. Source: "Signature expired … - 5 min." as answered by KMS. */
export const SIGNATURE_SKEW_MINUTES = 5

/** Header lines of one request, and names in SignedHeaders. SDKs send 12 and sign 6; proxies add a few. */
export const HEADER_LINES_MAX = 128
export const SIGNED_HEADERS_MAX = 64
/** Seconds a presigned request may be valid. Source: Signature Version 4, X-Amz-Expires. */
export const PRESIGNED_EXPIRES_SECONDS = { min: 1, max: 604_800 } as const

/** Bytes of key policy. Source: KMS resource quotas. */
export const KEY_POLICY_MAX_BYTES = 32_768
/** Characters of any policy document; each kind has a lower quota of its own. Source: PolicyType and policyDocumentType of the service models. */
export const POLICY_TEXT_MAX_CHARS = 131_072
/** Levels of JSON in a policy document. The grammar has six; the rest is room for structures that are then refused by name. */
export const POLICY_DEPTH_MAX = 16
/** Per key. Source: KMS resource quotas. */
export const TAGS_PER_KEY_MAX = 50
export const ALIASES_PER_KEY_MAX = 50
/** Per key. Source: KMS resource quotas. */
export const GRANTS_PER_KEY_MAX = 50_000
/** Pairs of one grant constraint, and characters of a pair's value. Source: CreateGrant. */
export const GRANT_CONSTRAINT_PAIRS_MAX = 8
export const GRANT_CONSTRAINT_VALUE_MAX_CHARS = 384
/** Milliseconds that a grant token is good for: 30 days. AWS names no time; there a token is needed for five minutes. */
export const GRANT_TOKEN_MAX_AGE_MS = 2_592_000_000
/** Callers of one key whose grants are remembered. What one more asks for makes all of that key be read anew. */
export const GRANTEES_REMEMBERED_MAX = 256
/** Per account and Region. Source: KMS resource quotas. */
export const KEYS_PER_REGION_MAX = 100_000
/** Replicas of one primary, more than a partition of AWS has Regions. */
export const REPLICAS_MAX = 50
/** Materials of a primary that become a replica's in one commit. */
export const SHARED_MATERIALS_PER_COMMIT = 50
/** Per account and Region, in any connection state. Source: KMS resource quotas. */
export const CUSTOM_KEY_STORES_MAX = 10
/** Bytes of the secret that a custom key store is reached with: 64 characters, or a password of 32 in UTF-8. Source: service model. */
export const KEY_STORE_SECRET_MAX_BYTES = 128
/** Milliseconds after which a connection that could not be stored is tried again. */
export const KEY_STORE_RETRY_MS = 5_000
/** Bytes, all keys and values together. Source: KMS developer guide (AAD limit). */
export const ENCRYPTION_CONTEXT_MAX_BYTES = 8_192
/** Bytes. Source: service model, PlaintextType and MessageType. */
export const PLAINTEXT_MAX_BYTES = 4_096
/** Bytes of HMAC key material that is brought; the least is the digest's length. Source: KMS developer guide, importing HMAC keys: up to 1024 bits. */
export const HMAC_MATERIAL_MAX_BYTES = 128
/** Days. Source: EnableKeyRotation. */
export const ROTATION_PERIOD_DAYS = { min: 90, max: 2_560, default: 365 } as const
/** Per key, over its whole life. Source: KMS resource quotas. */
export const ON_DEMAND_ROTATIONS_MAX = 25
/** Milliseconds before an automatic rotation in which none is begun on demand. Source: RotateKeyOnDemand, 20 minutes. */
export const ROTATION_QUIET_MS = 1_200_000
/** Milliseconds that the parameters for an import are valid. Source: GetParametersForImport, 24 hours. */
export const IMPORT_PARAMETERS_VALID_MS = 86_400_000
/** Milliseconds from an import to the date on which its material is destroyed. Source: ImportKeyMaterial, 365 days. */
export const IMPORTED_MATERIAL_VALID_MAX_MS = 31_536_000_000
/** Imported materials of one key: the first, one for each rotation on demand, and one that waits for its rotation. */
export const IMPORTED_MATERIALS_MAX = ON_DEMAND_ROTATIONS_MAX + 2
/** Days. Source: ScheduleKeyDeletion. */
export const PENDING_WINDOW_DAYS = { min: 7, max: 30, default: 30 } as const

/** Keys, aliases, key materials and access keys kept parsed in memory, so many of each; what is larger counts once per KiB. */
export const SNAPSHOT_CACHE_MAX = 20_000
/** Attempts of a call whose changes met a concurrent change. */
export const COMMIT_ATTEMPTS_MAX = 8
/** Keys whose last use waits in memory to be stored. About 300 bytes each; what comes on top is read from the trail at the next start. */
export const KEY_USAGES_WAITING_MAX = 10_000
/** Milliseconds that the last use of a key waits to be stored. */
export const KEY_USAGE_FLUSH_MS = 10_000
/** Last uses stored in one transaction. Bounds how long the event loop stands still for it. */
export const KEY_USAGES_PER_COMMIT = 256
/** Requests that may wait for one durable append or commit. Beyond it the answer is ThrottlingException. */
export const REQUESTS_IN_FLIGHT_MAX = 4_096

/** Bytes of one field of a trail event; what is larger is cut or omitted. Source: CloudTrail record contents (host header: our own). */
export const TRAIL_FIELD_MAX_BYTES = {
  additionalEventData: 28_672,
  decision: 16_384,
  errorMessage: 1_024,
  hostHeader: 1_024,
  requestParameters: 102_400,
  responseElements: 102_400,
  serviceEventDetails: 102_400,
  userAgent: 1_024,
} as const
/** Bytes of one line of the trail, its line break not counted. All fields of an event at their largest, with room. */
export const TRAIL_LINE_MAX_BYTES = 1_048_576
/** UTF-16 units written as one batch; a reader holds one batch at most. */
export const TRAIL_BATCH_MAX_CHARACTERS = 4_194_304
/** Events, and their UTF-16 units, that wait to become durable. Beyond it the answer is ThrottlingException. */
export const TRAIL_QUEUE_MAX_EVENTS = 4_096
export const TRAIL_QUEUE_MAX_CHARACTERS = 33_554_432
/** Bytes after which a segment is closed and compressed. It is read whole when the trail is opened: about 0.2 s. */
export const TRAIL_SEGMENT_MAX_BYTES = 67_108_864
/** Closed segments that wait for a quiet moment to be compressed: half a gigabyte. More are compressed however busy it is. */
export const TRAIL_UNARCHIVED_MAX = 8
/** A moment is quiet when at most so many events were written in so many milliseconds: a tenth of what one core can do. */
export const TRAIL_QUIET = { events: 250, ms: 500 } as const
/** Batches between two savings of the trail's head: so many could be cut off unseen after a crash, and one in so many pays for a commit. */
export const TRAIL_ANCHOR_BATCHES = 256
/** Bytes read from a segment at once. */
export const TRAIL_READ_BYTES = 262_144
/** Segments, newest first, in which an event of the outbox may already stand: the one that was current and its successor. */
export const TRAIL_OUTBOX_SEGMENTS = 2
/** Problems that a verification lists; the others are counted. */
export const TRAIL_PROBLEMS_MAX = 1_000
/** Attempts to take over the lock of a writer that is gone. */
export const TRAIL_LOCK_ATTEMPTS_MAX = 3
/** Strings of events kept as JSON, and how long one may be, in UTF-16 units: about 2 MB at the most. */
export const TRAIL_TEXT_CACHE_MAX = 2_048
export const TRAIL_TEXT_CACHED_MAX_CHARACTERS = 256
/** Bytes of the trail, unpacked, that one call searches, and at least one segment: about half a second. The next call goes on. */
export const TRAIL_SEARCH_MAX_BYTES = 134_217_728
/** UTF-16 units of the events that one search gives back. */
export const TRAIL_SEARCH_MAX_CHARACTERS = 16_777_216
/** Searches that wait for the one that reads. Beyond it the answer is ThrottlingException. */
export const TRAIL_SEARCHES_WAITING_MAX = 16
/** Recorded calls that one test of a draft policy decides again. */
export const REPLAYED_CALLS_MAX = 1_000
/** Principals on one page of those that can use a key; each is decided for every action. */
export const WHO_CAN_PAGE_MAX = 50
/** Principals named in a key's policy and grants of a key that are looked at for who can use it. */
export const WHO_CAN_NAMED_MAX = 1_000
/** Different sets of conditions under which one principal can do one thing; there is always one that is shown. */
export const WHO_CAN_WAYS_MAX = 16
/** Events that a trail in memory keeps. About 1 KB each. */
export const TRAIL_MEMORY_LINES = 10_000

/** Bytes of one frame between the API process and the key process: an attestation document of 262,144 bytes and the rest. */
export const KEY_FRAME_MAX_BYTES = 393_216
/** Fields of one frame. */
export const KEY_FRAME_FIELDS_MAX = 16
/** Bytes that the frames of one event-loop tick usually fit in; a longer batch is written in parts. */
export const KEY_BATCH_BYTES = 65_536
/** Requests that may wait for the key process. Beyond it the answer is ThrottlingException. */
export const KEY_REQUESTS_MAX = 8_192
/** Works at once, and works that wait, of slow algorithms in the key process. Node has four threads; the last is for RSA primes. */
export const KEY_LANE_AT_ONCE_MAX = 3
export const KEY_LANE_WAITING_MAX = 2_048
/** RSA key pairs that wait to be made, one after the other. About a second each at 4096 bits. */
export const KEY_PAIRS_WAITING_MAX = 64
/** Milliseconds that the key process has to prove its cage, pass its self-test and load the domain keys. */
export const KEY_PROCESS_START_TIMEOUT_MS = 30_000
/** Milliseconds that a request waits while the key process is being restarted. */
export const KEY_PROCESS_WAIT_MS = 5_000
/** Milliseconds without any answer to waiting requests after which the key process is replaced. */
export const KEY_PROCESS_SILENCE_MS = 10_000
/** Milliseconds before a restart: doubled each time from the first to the longest, anew once a process served for `stableAfter`. */
export const KEY_PROCESS_BACKOFF_MS = { first: 50, longest: 10_000, stableAfter: 60_000 } as const
/** Bytes of the key process's own complaints that are kept for the log. */
export const KEY_PROCESS_STDERR_MAX_BYTES = 4_096
/** Opened key material kept in the key process. About 1 KB each. */
export const OPENED_MATERIALS_MAX = 10_000
/** Random bytes drawn at once in the key process. */
export const RANDOM_POOL_BYTES = 16_384
/** Bytes. Source: service model, NumberOfBytesType. */
export const GENERATED_BYTES_MAX = 1_024
/** Milliseconds that one domain key wraps new material. Source: KMS cryptographic details, domain keys are rotated daily. */
export const DOMAIN_KEY_MAX_AGE_MS = 86_400_000
/** Wraps under one domain key, far below the 2^32 random IVs that SP 800-38D allows under one key. */
export const DOMAIN_KEY_WRAPS_MAX = 2 ** 31
/** Domain keys of one store: one per Region and day in which material was made. */
export const DOMAIN_KEYS_MAX = 131_072

/** Of one account, its users and so on. Source: IAM quotas. */
export const IAM_QUOTAS = {
  users: 5_000,
  groups: 300,
  roles: 1_000,
  policies: 1_500,
  oidcProviders: 100,
  mfaDevices: 5_000,
  accessKeysPerOwner: 2,
  groupsPerUser: 10,
  attachedPolicies: 10,
  versionsPerPolicy: 5,
  tags: 50,
  mfaDevicesPerOwner: 8,
  clientIdsPerProvider: 100,
  thumbprintsPerProvider: 5,
} as const
/** Characters of policy documents, white space not counted; of inline policies, all of one holder together. Source: IAM quotas. */
export const IAM_POLICY_MAX_CHARS = {
  user: 2_048,
  group: 5_120,
  role: 10_240,
  managed: 6_144,
  trust: 2_048,
  session: 2_048,
} as const
/** Seconds that a session of a role may last at the most, and by default. Source: CreateRole, MaxSessionDuration. */
export const ROLE_SESSION_SECONDS = { min: 3_600, max: 43_200 } as const

/** Seconds that sessions last: at least, at most and by default. Source: AssumeRole, GetSessionToken, GetFederationToken. */
export const SESSION_SECONDS = { min: 900, max: 129_600, default: 43_200, root: 3_600, chained: 3_600 } as const
/** Bytes of session policies, their ARNs and tags in one session; tokens travel in a header. Our own: AWS does not tell its own. */
export const SESSION_PACKED_MAX_BYTES = 4_096
/** Milliseconds that an identity provider has to answer, and that its keys are kept. */
export const OIDC_TIMEOUT_MS = 5_000
export const OIDC_KEYS_CACHED_MS = 3_600_000
/** Bytes of a discovery document or a set of keys. */
export const OIDC_DOCUMENT_MAX_BYTES = 262_144
/** Seconds by which the clocks of an identity provider and of this machine may differ. */
export const OIDC_LEEWAY_SECONDS = 60

/** Decisions that one simulation makes. */
export const SIMULATIONS_MAX = 5_000

/** Opened sessions remembered, one per token, day, Region and service. About 8 KB each at the most. */
export const SESSION_CACHE_MAX = 2_000
/** Characters of a session token in base64: a record with everything at its largest, with room. */
export const SESSION_TOKEN_MAX_CHARS = 12_288
/** Seconds that a service may call for a user who called it: at least, at most and by default. Our own: AWS does not tell its own. */
export const FORWARDED_SESSION_SECONDS = { min: 60, max: 900, default: 300 } as const
/** Signatures that are no longer fresh and go when one comes. */
export const FORWARDED_PRUNED_AT_ONCE = 16
/** Services of one installation. */
export const SERVICES_MAX = 200
/** Wrong codes of one MFA device within a time, in milliseconds, after which none is looked at until it is over. */
export const MFA_FAILURES = { max: 5, withinMs: 300_000, devices: 10_000 } as const

/** Signing keys and callers remembered, one per access key, day, Region and service. */
export const SIGNING_KEY_CACHE_MAX = 10_000
/** Compiled key policies kept, by their text. */
export const POLICY_CACHE_MAX = 2_000
/** Faults that can be injected at once. */
export const FAULTS_MAX = 100
/** Commits that share one transaction and one durable write. Bounds how long the event loop stands still for it. */
export const COMMITS_PER_GROUP_MAX = 256
/** Events of one commit: of a rotation of a primary with all its replicas, with room. */
export const EVENTS_PER_COMMIT_MAX = 64
/** Commit numbers whose changes are kept for other nodes to follow. One that is further behind forgets everything it holds. */
export const CHANGE_EPOCHS_MAX = 10_000
/** Milliseconds to wait for another process that is writing to the same store. */
export const STORE_BUSY_TIMEOUT_MS = 5_000
/** KiB of database pages that SQLite keeps. */
export const STORE_PAGE_CACHE_KIB = 16_384

/** Quotas of accounts that were increased, all together; each is some 60 bytes of one row. */
export const QUOTA_INCREASES_MAX = 10_000
/** Rates of accounts, Regions and classes that are being counted. About 150 bytes each. */
export const RATE_BUCKETS_MAX = 100_000

/** Rules of AWS Config in an account and Region. Source: AWS Config service quotas. */
export const CONFIG_RULES_MAX = 1_000
/** Accounts and Regions whose rules are evaluated by themselves. */
export const CONFIG_SCOPES_MAX = 1_000
/** Resources that one call, and one step of an evaluation behind, looks at: some 10 ms. */
export const EVALUATED_AT_ONCE_MAX = 100
/** Milliseconds from a change to the evaluation of what it may have touched; what another node changed is seen later. */
export const COMPLIANCE_SOON_MS = 1_000
/** Milliseconds between two looks for what has changed since it was evaluated, and after which all is evaluated anew. */
export const COMPLIANCE_LOOK_MS = 30_000
export const COMPLIANCE_AGE_MS = 3_600_000
/** An evaluation behind rests this many times as long as it works. */
export const COMPLIANCE_REST = 9

/** Keys that the command line describes at once. */
export const KEYS_DESCRIBED_AT_ONCE = 16
/** Bytes that one frame of an envelope message holds. Every reader takes the length from the message's header. */
export const MESSAGE_FRAME_BYTES = 65_536
/** Encrypted data keys of one envelope message that are tried. Source: AWS Encryption SDK, "limit encrypted data keys". */
export const MESSAGE_DATA_KEYS_MAX = 10
/** Bytes read from a file at once. */
export const FILE_READ_BYTES = 262_144
/** Bytes of an attestation document. Source: service model, AttestationDocumentType. */
export const ATTESTATION_DOCUMENT_MAX_BYTES = 262_144
/** Certificates above that of the signer. Those of AWS have four. */
export const ATTESTATION_CHAIN_MAX = 16
/** Milliseconds that an attestation document may be old, or ahead of this clock. Its makers ask for a fresh one for each call. */
export const ATTESTATION_MAX_AGE_MS = 300_000
/** Verified chains of certificates that the key process remembers. An enclave's lives for hours. */
export const ATTESTATION_CHAINS_MAX = 256
/** Certificates that chains may begin with. They travel on a command line. */
export const ATTESTATION_ROOTS_MAX = 16
/** Levels and items of a document in CBOR. An attestation document has 4 levels and at most some 80 items. */
export const CBOR_DEPTH_MAX = 8
export const CBOR_ITEMS_MAX = 1_024
/** Bytes. Source: service model, CiphertextType. */
export const CIPHERTEXT_MAX_BYTES = 6_144

/** Milliseconds between two looks of what follows the trail: an event is found by LookupEvents about so long after its call. */
export const FOLLOW_INTERVAL_MS = 1_000
/** Milliseconds that LookupEvents waits for the newest events to be in the index. CloudTrail promises them within 15 minutes. */
export const HISTORY_WAIT_MS = 3_000
/** Events put into the index in one transaction: about 50 ms of work, during which the follower hears nothing. */
export const HISTORY_EVENTS_PER_COMMIT = 1_000
/** Milliseconds that events are found by LookupEvents: 90 days. Source: CloudTrail API reference, LookupEvents. */
export const HISTORY_AGE_MS = 90 * 86_400_000
/** Names and ARNs whose row in the index is kept in memory. About 300 bytes each. */
export const HISTORY_NAMES_KEPT = 20_000
/** Milliseconds between two deliveries of log files. Source: CloudTrail user guide, about every 5 minutes. */
export const LOG_DELIVERY_MS = 300_000
/** UTF-16 units of events in one delivery; what is more makes another one at once. One delivery is in memory. */
export const LOG_DELIVERY_MAX_CHARACTERS = 16_777_216
/** Milliseconds that a digest file covers. Source: CloudTrail user guide, digest file structure. */
export const DIGEST_PERIOD_MS = 3_600_000
/** Milliseconds that a key signs digests: a year. Ours; CloudTrail names no number. */
export const DIGEST_KEY_VALIDITY_MS = 365 * 86_400_000
/** Public keys of digests in one page of ListPublicKeys: a hundred years of them. */
export const DIGEST_KEYS_MAX = 100
/** Milliseconds until a follower that ended unexpectedly is started again. */
export const FOLLOWER_RESTART_MS = 10_000
/** Milliseconds that a stop waits for the last log files and digests; what is left is delivered at the next start. */
export const FOLLOWER_STOP_MS = 20_000

/** Keys counted at once for the metrics: a millisecond or two, between which calls go on. */
export const CENSUS_KEYS_AT_ONCE = 1_000
/** Times that a count of all keys took, before the next one: it takes a twentieth of the time at the most. */
export const CENSUS_IDLE_FACTOR = 20
/** Milliseconds that a scrape waits for a count that has begun. */
export const CENSUS_WAIT_MS = 250
/** Regions that the metrics tell apart; AWS has fewer. */
export const CENSUS_REGIONS_MAX = 64
/** Keys with expiring material that the metrics name, soonest first. */
export const EXPIRIES_SHOWN_MAX = 100
/** Series of metrics that are looked at for what is too old, after each round of the follower. */
export const METRIC_SERIES_PRUNED = 100
/** Alarms of one account and Region. Source: CloudWatch quotas, metric alarms. */
export const ALARMS_PER_REGION_MAX = 5_000
/** Items of alarm history kept for one account and Region, and for how long in milliseconds: 30 days. Source: DescribeAlarmHistory. */
export const ALARM_HISTORY_MAX = 10_000
export const ALARM_HISTORY_AGE_MS = 30 * 86_400_000
/** Alarms read at once to be evaluated. */
export const ALARMS_AT_ONCE = 100
/** Minutes that an alarm is evaluated for after its service stood still or its clock was moved: a day. */
export const ALARM_CATCH_UP_MINUTES = 1_440
/** Seconds of all evaluated periods of an alarm together. Source: PutMetricAlarm, one day, or seven with periods of an hour. */
export const ALARM_WINDOW_MAX_SECONDS = { usual: 86_400, hourly: 604_800 } as const
/** Data points of one answer of GetMetricStatistics, and of GetMetricData. Source: CloudWatch API reference. */
export const STATISTICS_POINTS_MAX = 1_440
export const METRIC_DATA_POINTS_MAX = 100_800
/** Queries of one GetMetricData. Source: CloudWatch API reference. */
export const METRIC_QUERIES_MAX = 500

/** Milliseconds between two checkpoints of the trail that are published, when there is something new. Ours. */
export const CHECKPOINT_INTERVAL_MS = 10_000
/** Batches that one checkpoint covers: about 12 ms of hashing. A checkpoint of so many is published at once. */
export const CHECKPOINT_BATCHES_MAX = 16_384
/** Checkpoints that wait for one place that cannot be reached. Later ones vouch for the trail all the same. About 400 bytes each. */
export const CHECKPOINTS_WAITING_MAX = 1_000
/** Milliseconds that a place has to take a checkpoint. */
export const CHECKPOINT_TIMEOUT_MS = 5_000
/** Characters of a checkpoint's text. */
export const CHECKPOINT_MAX_CHARACTERS = 1_024
/** When something is unusual. Times in milliseconds. */
export const WATCH_RULES = {
  /** From the first use of a key on: who uses it, and from where, is learnt and not told. */
  learningMs: 86_400_000,
  /** Callers, and addresses, remembered of one key. */
  seenPerKey: 1_000,
  denials: 10,
  denialsWithinMs: 300_000,
  /** Callers whose denials are counted at once. */
  deniedRemembered: 10_000,
  /** The same about the same is told once in this time. */
  quietMs: 3_600_000,
  rootQuietMs: 86_400_000,
  /** What was told is forgotten after it. */
  topicsKeptMs: 2 * 86_400_000,
} as const
/** Findings kept for the feed. */
export const FINDINGS_MAX = 10_000
/** Findings told in one round, and milliseconds between looks for new ones. */
export const FINDINGS_AT_ONCE = 50
export const NOTICE_LOOK_MS = 1_000
/** Changes of state of metric alarms that wait to be told. */
export const NOTICES_PASSING_MAX = 1_000
/** Milliseconds that a webhook has to answer. */
export const WEBHOOK_TIMEOUT_MS = 10_000
/** Milliseconds before an alarm is sent again, doubled from the first to the longest; and how often: about half an hour. */
export const WEBHOOK_RETRY_MS = { first: 1_000, longest: 300_000 } as const
export const WEBHOOK_ATTEMPTS_MAX = 14
/** Bytes of the secret that messages are signed with. */
export const WEBHOOK_SECRET_BYTES = { min: 16, max: 1_024 } as const
/** Spans that wait to be sent to a collector, and how many one message has. About 500 bytes each. */
export const OTLP_SPANS_WAITING_MAX = 8_192
export const OTLP_SPANS_PER_MESSAGE = 512
/** Milliseconds between messages. Source: OpenTelemetry environment variables, OTEL_BSP_SCHEDULE_DELAY, OTEL_METRIC_EXPORT_INTERVAL. */
export const OTLP_SPANS_INTERVAL_MS = 5_000
export const OTLP_METRICS_INTERVAL_MS = 60_000
/** Milliseconds that a collector has to answer; attempts, and milliseconds before the second, doubled for the next. */
export const OTLP_TIMEOUT_MS = 5_000
export const OTLP_ATTEMPTS_MAX = 3
export const OTLP_RETRY_MS = 1_000

/** Attempts to put one object into a bucket, before the next round of deliveries tries again. */
export const BUCKET_PUT_ATTEMPTS = 3
/** Milliseconds before the second attempt; the third waits twice as long. */
export const BUCKET_PUT_RETRY_MS = 200
/** Milliseconds that a bucket's server has for one object. */
export const BUCKET_PUT_TIMEOUT_MS = 10_000

/** Days of which the calls about a key are counted by hour: as long as events are in the index. */
export const KEY_ACTIVITY_DAYS_MAX = 90
/** Levels of a document in CBOR. The deepest request of CloudWatch has seven. */
export const PROTOCOL_CBOR_DEPTH_MAX = 16

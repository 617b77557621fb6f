/** Whose log files, of which Region: a file never mixes two. */
export type LogPlace = { readonly account: string; readonly region: string }

/** What digest files call the trail and the Region it belongs to. */
export type LogTrail = { readonly name: string; readonly homeRegion: string }

const SECOND_MS = 1_000

/** ISO 8601 with whole seconds, UTC. @param time - milliseconds since the epoch. */
export function wholeSecond(time: number): string {
  return `${new Date(Math.floor(time / SECOND_MS) * SECOND_MS).toISOString().slice(0, 19)}Z`
}

/** `YYYYMMDDTHHmmssZ`. */
const compact = (time: number): string => wholeSecond(time).replace(/[-:]/g, '')
/** `YYYY/MM/DD`. */
const day = (time: number): string => wholeSecond(time).slice(0, 10).replaceAll('-', '/')

/**
 * The key of a log file.
 *
 * @param at - of its delivery, milliseconds since the epoch.
 * @param unique - 16 letters and digits.
 * Source: CloudTrail user guide, log file names.
 */
export function logObject({ account, region }: LogPlace, at: number, unique: string): string {
  const minute = `${compact(at).slice(0, 13)}Z`
  return `AWSLogs/${account}/CloudTrail/${region}/${day(at)}/${account}_CloudTrail_${region}_${minute}_${unique}.json.gz`
}

/**
 * The key of a digest file.
 *
 * @param end - of the time it covers, milliseconds since the epoch.
 * Source: CloudTrail user guide, digest file structure.
 */
export function digestObject({ account, region }: LogPlace, { name, homeRegion }: LogTrail, end: number): string {
  const file = `${account}_CloudTrail-Digest_${region}_${name}_${homeRegion}_${compact(end)}.json.gz`
  return `AWSLogs/${account}/CloudTrail-Digest/${region}/${day(end)}/${file}`
}

import type { HttpRequest, HttpResponse } from '../request/http.ts'

/** Who may scrape: whoever is on this machine, everybody, or nobody. */
export const METRICS_AUDIENCES = ['loopback', 'anyone', 'off'] as const
export type MetricsAudience = (typeof METRICS_AUDIENCES)[number]

/** What is answered. */
export type Metrics = { readonly contentType: string; readonly body: string }

export const METRICS_PATH = '/metrics'
const LOOPBACK = /^(127(\.\d{1,3}){3}|::1)$/
const PLAIN = 'text/plain; charset=utf-8'

/** `GET /metrics`, which asks for no signature: the figures tell how much is done, and of keys no more than ids. */
export async function metricsAnswer(
  { method, sourceIp }: HttpRequest,
  audience: MetricsAudience,
  metrics: () => Promise<Metrics | undefined>,
): Promise<HttpResponse> {
  if (audience === 'off') return { status: 404, contentType: PLAIN, body: 'Metrics are off.\n' }
  if (audience === 'loopback' && !LOOPBACK.test(sourceIp))
    return { status: 403, contentType: PLAIN, body: 'Metrics answer on this machine only; see --metrics.\n' }
  if (method !== 'GET') return { status: 405, contentType: PLAIN, body: 'Metrics are read with GET.\n' }
  const read = await metrics()
  if (!read) return { status: 503, contentType: PLAIN, body: 'The metrics cannot be read now; the log says why.\n' }
  return { status: 200, ...read }
}

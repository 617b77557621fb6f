import { Gauge, Registry } from 'prom-client'
import type { Histogram } from '../domain/histogram.ts'
import type { Family, Labels } from './family.ts'

/** As the library takes it. */
type Value = { readonly metricName: string; readonly labels: Labels; readonly value: number }

/** Cumulative, as the format wants buckets, with their sum and count. */
function histogramValues(name: string, labels: Labels, { bounds, counts, sum }: Histogram): readonly Value[] {
  let total = 0
  const buckets = [...counts].map((count, at) => {
    total += count
    return { metricName: `${name}_bucket`, labels: { le: String(bounds[at] ?? '+Inf'), ...labels }, value: total }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}

function valuesOf(family: Family): readonly Value[] {
  const { name } = family
  return family.kind === 'histogram'
    ? family.series.flatMap(({ labels, histogram }) => histogramValues(name, labels, histogram))
    : family.samples.map(({ labels, value }) => ({ metricName: name, labels, value }))
}

/**
 * Figures in Prometheus's text format, version 0.0.4. They are counted elsewhere: the library only writes them, each as a
 * metric that answers what it is given.
 */
export async function exposition(
  families: readonly Family[],
): Promise<{ readonly contentType: string; readonly body: string }> {
  const registry = new Registry()
  for (const family of families) {
    const { name, help, kind } = family
    const values = valuesOf(family)
    if (values.length === 0) continue
    const metric = new Gauge({ name, help, registers: [] })
    registry.registerMetric(Object.assign(metric, { get: async () => ({ name, help, type: kind, values }) }))
  }
  return { contentType: registry.contentType, body: await registry.metrics() }
}

import { Presets, SingleBar } from 'cli-progress'

/** How far long work has come, on a terminal; nowhere else. */
export type Bar = Disposable & { to(value: number, total: number): void }

/** Milliseconds of work after which it is called long. */
const SHOWN_AFTER_MS = 500

/** @param what - what is being done, as a person would say it. */
export function openBar(what: string): Bar {
  if (process.stderr.isTTY !== true) return { to: () => undefined, [Symbol.dispose]: () => undefined }
  const bar = new SingleBar(
    { format: `{bar} {percentage} %  ${what}`, stream: process.stderr, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  )
  const begun = Date.now()
  let isShown = false
  return {
    to(value, total) {
      if (!isShown && Date.now() - begun < SHOWN_AFTER_MS) return
      if (isShown) bar.setTotal(total)
      else bar.start(total, 0)
      isShown = true
      bar.update(value)
    },
    [Symbol.dispose]: () => bar.stop(),
  }
}

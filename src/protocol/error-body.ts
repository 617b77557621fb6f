import type { ServiceError } from '../domain/error.ts'

export const JSON_CONTENT_TYPE = 'application/x-amz-json-1.1'
export const JSON_1_0_CONTENT_TYPE = 'application/x-amz-json-1.0'

/**
 * An error as AWS JSON. AccessDeniedException spells its text `Message`, all others `message`; codes without a text carry
 * `__type` alone. Source: recorded bodies.
 */
export function jsonErrorBody({ code, message }: ServiceError): string {
  if (message === undefined) return `{"__type":"${code}"}`
  const member = code === 'AccessDeniedException' ? 'Message' : 'message'
  return `{"__type":"${code}","${member}":${JSON.stringify(message)}}`
}

import type { IncomingMessage } from 'node:http'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { createInterface } from 'node:readline'
import type { ApiObject } from '#test/support/api-server/object.ts'

/** How the tests of the fake ask it. */
export interface ApiClientOptions {
  readonly token?: string
  readonly ca?: string
  readonly key?: string
  readonly cert?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: string
  readonly object: ApiObject
}

/** A plain client, which shares no code with the one under test. */
export function openRequest(url: string, { token, headers, ...tls }: ApiClientOptions = {}): Promise<IncomingMessage> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const options = { ...tls, agent: false, headers: { 'user-agent': 'test', ...authorization, ...headers } } as const
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https') ? getHttps(url, options, resolve) : getHttp(url, options, resolve)
    request.on('error', reject)
  })
}

/** The status and the JSON of an answer. */
export async function getJson<T>(url: string, options: ApiClientOptions = {}): Promise<{ status: number; body: T }> {
  const response = await openRequest(url, options)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return { status: response.statusCode!, body: JSON.parse(text) as T }
}

/** The events of a watch until it ends, or until there are `most` of them. Rejects when the connection breaks. */
export async function watchEvents(
  url: string,
  most: number = Number.POSITIVE_INFINITY,
  options: ApiClientOptions = {},
): Promise<WatchEvent[]> {
  const response = await openRequest(url, options)
  const events: WatchEvent[] = []
  try {
    for await (const line of createInterface({ input: response })) {
      events.push(JSON.parse(line) as WatchEvent)
      if (events.length >= most) break
    }
  } finally {
    response.destroy()
  }
  if (!response.complete && events.length < most) throw new Error('the connection broke')
  return events
}

/** The body of a failure: an object of kind Status. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Readonly<Record<string, unknown>>
  readonly status: 'Failure'
  readonly message: string
  readonly reason: string
  readonly details?: Readonly<Record<string, unknown>>
  /** The HTTP status that goes with it. */
  readonly code: number
}

/** A failure as the API server words it. */
export function failureStatus(code: number, reason: string, message: string, more: Partial<Status> = {}): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code, ...more }
}

/** 410 for a watch or an exact list from before what the server remembers. */
export function expired(version: number, oldest: number): Status {
  return failureStatus(410, 'Expired', `too old resource version: ${version} (${oldest})`)
}

/** 410 for a later page of a list; `inconsistent` is a token that goes on from there in the present. */
export function continueExpired(inconsistent: string): Status {
  const message =
    'The provided continue parameter is too old to display a consistent list result. ' +
    'You can start a new list without the continue parameter, or use the continue token in this response to retrieve ' +
    'the remainder of the results. Continuing with the provided token results in an inconsistent list.'
  return failureStatus(410, 'Expired', message, { metadata: { continue: inconsistent } })
}

/** 504 for a version that the server has not seen yet. */
export function tooLargeVersion(version: number, current: number): Status {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  return failureStatus(504, 'Timeout', `Too large resource version: ${version}, current: ${current}`, {
    details: { causes, retryAfterSeconds: 1 },
  })
}

/** 422 for a combination of parameters that the API forbids. */
export function invalidOptions(message: string): Status {
  return failureStatus(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${message}`)
}

/** 400 for a parameter that cannot be read. */
export function badRequest(message: string): Status {
  return failureStatus(400, 'BadRequest', message)
}

/** 429, with the seconds that the client is to wait. */
export function tooManyRequests(retryAfterSeconds: number): Status {
  return failureStatus(
    429,
    'TooManyRequests',
    'the server has received too many requests and has asked us to try again later',
    {
      details: { retryAfterSeconds },
    },
  )
}

/** 401, which says nothing more. */
export const UNAUTHORIZED: Status = failureStatus(401, 'Unauthorized', 'Unauthorized')

/** 403, in the words of RBAC. */
export function forbidden(verb: string, resource: string, group: string): Status {
  const user = 'system:serviceaccount:kube-system:nodens'
  const message = `${resource} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" at the cluster scope`
  return failureStatus(403, 'Forbidden', message, { details: { group, kind: resource } })
}

/** 404 for a path or an object that is not there. */
export function notFound(what: string): Status {
  return failureStatus(404, 'NotFound', `${what} not found`)
}

/** How the image starts Node; see the Dockerfile for why. */
export const IMAGE_NODE_ARGUMENTS: readonly string[] = ['--max-semi-space-size=2', '--max-old-space-size-percentage=55']
/** What the image sets in the environment. */
export const IMAGE_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' }

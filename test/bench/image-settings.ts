import type { PodSpec } from '#test/support/deployment.ts'
import { deployedObjects, objectOfKind } from '#test/support/deployment.ts'
import { readText } from '#test/support/source.ts'

/** How the image runs the server, in a container with the memory of deploy/kubernetes. */
export interface ImageSettings {
  /** What stands between `node` and the file. */
  readonly options: readonly string[]
  /** With the compile cache in a place of this run's own. */
  readonly environment: Readonly<Record<string, string>>
  readonly memoryMib: number
}

/** Read from the Dockerfile and the Deployment, so that what is measured is what runs. */
export function imageSettings(compileCache: string): ImageSettings {
  const text = readText('Dockerfile')
  const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(text)
  const environment = text.match(/^ENV .*$/gm)?.at(-1)
  if (entrypoint === null || environment === undefined) throw new Error('no ENTRYPOINT or no ENV in the Dockerfile')
  const words = JSON.parse(entrypoint[1]!) as string[]
  const memoryMib = memoryOfDeployment()
  return {
    options: words.slice(1, -1).map(word => withMemory(word, memoryMib)),
    environment: {
      ...Object.fromEntries([...environment.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!])),
      NODE_COMPILE_CACHE: compileCache,
    },
    memoryMib,
  }
}

/** A percentage is of the container's memory, which a process outside of one does not have: the same in MiB. */
function withMemory(option: string, memoryMib: number): string {
  const percentage = /^--max-old-space-size-percentage=(\d+)$/.exec(option)?.[1]
  if (percentage === undefined) return option
  return `--max-old-space-size=${Math.floor((memoryMib * Number(percentage)) / 100)}`
}

function memoryOfDeployment(): number {
  const deployment = objectOfKind(deployedObjects('deploy/kubernetes/base'), 'Deployment')
  const { containers } = (deployment['spec'] as { template: { spec: PodSpec } }).template.spec
  return Number.parseInt((containers[0]!['resources'] as { limits: { memory: string } }).limits.memory, 10)
}

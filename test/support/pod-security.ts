import type { PodSpec } from '#test/support/deployment.ts'

/** Kinds of volumes that a pod may have. */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

/** The sysctls that a pod may set; they count in its own namespaces only. */
const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
]

type Fields = Readonly<Record<string, unknown>>

/** What in a pod is against the Pod Security Standard "restricted", as kubernetes.io/docs/concepts/security/pod-security-standards has it. */
export function restrictedViolations(pod: PodSpec): string[] {
  const initContainers = (pod['initContainers'] as PodSpec['containers'] | undefined) ?? []
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter(field => pod[field] === true),
    ...((pod['volumes'] as readonly Fields[] | undefined) ?? []).flatMap(volume =>
      Object.keys(volume).filter(key => key !== 'name' && !VOLUMES.includes(key)),
    ),
    ...((pod.securityContext['sysctls'] as readonly Fields[] | undefined) ?? [])
      .map(({ name }) => String(name))
      .filter(name => !SYSCTLS.includes(name)),
    ...[...initContainers, ...pod.containers].flatMap(container => containerViolations(container, pod.securityContext)),
  ]
}

function containerViolations(container: PodSpec['containers'][number], ofPod: Fields): string[] {
  const context: Fields = { ...ofPod, ...container.securityContext }
  const { drop = [], add = [] } = (context['capabilities'] ?? {}) as { drop?: string[]; add?: string[] }
  const ports = (container['ports'] as readonly Fields[] | undefined) ?? []
  const seccomp = (context['seccompProfile'] as { type?: string } | undefined)?.type
  const rules: readonly (readonly [kept: boolean, name: string])[] = [
    [context['privileged'] !== true, 'privileged'],
    [context['allowPrivilegeEscalation'] === false, 'allowPrivilegeEscalation'],
    [context['runAsNonRoot'] === true, 'runAsNonRoot'],
    [context['runAsUser'] !== 0, 'runAsUser'],
    [seccomp === 'RuntimeDefault' || seccomp === 'Localhost', 'seccompProfile'],
    [drop.includes('ALL'), 'capabilities.drop'],
    [add.every(name => name === 'NET_BIND_SERVICE'), 'capabilities.add'],
    [(context['procMount'] ?? 'Default') === 'Default', 'procMount'],
    [ports.every(port => (port['hostPort'] ?? 0) === 0), 'hostPort'],
  ]
  return rules.filter(([kept]) => !kept).map(([, name]) => name)
}

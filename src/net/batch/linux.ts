/** Numbers of the Linux interface, the same on x86-64 and arm64 (asm-generic/socket.h, linux/in.h, linux/in6.h). */
export const AF_INET = 2
export const AF_INET6 = 10
/** SOCK_DGRAM with SOCK_NONBLOCK and SOCK_CLOEXEC. */
export const DATAGRAM_SOCKET: number = 2 | 0o4000 | 0o2000000
export const MSG_DONTWAIT = 0x40n
/** Waits for the first message only. */
export const MSG_WAITFORONE = 0x10000n
/** ioctl(2): whether a descriptor is not to be waited for. */
export const FIONBIO = 0x5421n

export const SOL_SOCKET = 1
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8
export const SO_REUSEPORT = 15
export const SO_RCVTIMEO = 20
export const SO_SNDBUFFORCE = 32
export const SO_RCVBUFFORCE = 33
/** Memory figures of a socket: nine 32-bit words, the last of them messages dropped since it was opened. */
export const SO_MEMINFO = 55
export const MEMINFO_OCTETS = 36
export const MEMINFO_DROPS = 32

export const IPPROTO_IP = 0
export const IP_PKTINFO = 8
export const IPPROTO_IPV6 = 41
export const IPV6_V6ONLY = 26
export const IPV6_RECVPKTINFO = 49
export const IPV6_PKTINFO = 50

export const POLLIN = 1

export const EPOLL_CLOEXEC: number = 0o2000000
export const EPOLL_CTL_ADD = 1n
export const EPOLLIN = 1

export const UV_READABLE = 1
export const UV_WRITABLE = 2

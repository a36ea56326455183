/**
 * What a plugin knows of the threads of the process. One thread does everything unless some server block has `multisocket`:
 * then one thread controls and others serve, each with chains of its own, built from the same configuration.
 */
export interface Threads {
  /** Whether this thread owns what exists once: watches, HTTP endpoints, probes, reloads. */
  readonly isControl: boolean
  /** Whether queries arrive in this thread. */
  readonly serves: boolean
  /** Whether every thread that is to serve does. */
  readonly allServe: boolean
  /**
   * Joins this plugin's counterparts in all threads; to be called while the plugin is built, as often and in the same order
   * in every thread. What is sent must be plain data (it is structured-cloned).
   */
  channel<T>(ends: ChannelEnds<T>): Channel<T>
}

/** What a plugin does with what its counterparts send. */
export interface ChannelEnds<T> {
  receive(data: T): void
  /** In the control thread: what a thread must receive first that starts to serve now; `null` for nothing. */
  snapshot?(): T | null
}

/** A connection of a plugin with its counterparts in the other threads. */
export interface Channel<T> {
  /**
   * What the control thread sends is received in all threads, in its own before this returns; what a serving thread sends
   * is received in the control thread alone. The order is kept.
   */
  send(data: T): void
}

/** The only thread of a process: control and service at once. */
export const SINGLE_THREAD: ThreadsOfInstance = Object.freeze({
  isControl: true,
  serves: true,
  allServe: true,
  channel: <T>(_id: string, ends: ChannelEnds<T>): Channel<T> => ({ send: data => ends.receive(data) }),
})

/** The threads as one configuration sees them, channels being told apart by name. */
export interface ThreadsOfInstance extends Omit<Threads, 'channel'> {
  channel<T>(id: string, ends: ChannelEnds<T>): Channel<T>
}

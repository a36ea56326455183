/** Longest wait that a timer of the platform takes, in milliseconds (24.8 days); it turns a longer one into 1 ms. */
export const MAX_TIMER_MS = 0x7fff_ffff

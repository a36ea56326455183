/** Wire labels between a topology zone and a headless service: its endpoints in the zone and no others. */
export const PIN = '\x03pin\x05_zone'
/** The same for its endpoints in the zone, or all of them if none is there. */
export const PREFER = '\x06prefer\x05_zone'
/** The wire label below a headless service that all names by topology zone lie below. */
export const ZONES = '\x05_zone'

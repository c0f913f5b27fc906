/** What an engine on a host's real clock is given: serial numbers, SPIs that are free, and the time of day. */
import type { Environment } from '../../engine/environment.js';
import { engineLimits } from '../../engine/environment.js';

const spiDrawsMax = 64;
/** Lower SPIs are reserved (RFC 4303 §2.1). */
const spiMin = 256;

/** The engine's environment on a host; `now` is its monotonic clock in milliseconds, `taken` tells SPIs that are in use. */
export function liveEnvironment(
  given: Pick<Environment, 'view' | 'profile' | 'provider' | 'credentials'>,
  now: () => number,
  taken: { has(spi: number): boolean } = new Set<number>(),
): Environment {
  const serials = { ike: 0, child: 0 };
  return {
    ...given,
    limits: engineLimits,
    date: (at) => new Date(Date.now() + (at - now())),
    nextSerial(of) {
      serials[of] += 1;
      return serials[of];
    },
    allocateSpi() {
      for (let draw = 0; draw < spiDrawsMax; draw += 1) {
        const octets = given.provider.random(4);
        const spi = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
        if (spi >= spiMin && !taken.has(spi)) return spi;
      }
      throw new Error('the random source repeats itself');
    },
  };
}

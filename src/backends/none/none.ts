/**
 * A data path that carries nothing: IKE alone, for trying a live peer without touching the host's policy. It counts SAs,
 * so that what was negotiated can be asked for.
 */
import type { SaId } from '../../engine/ipsec/sa.js';
import type { DataPath } from '../data-path.js';

const idKey = ({ direction, protocol, spi, destination }: SaId): string =>
  `${direction} ${protocol} ${spi} ${destination.family} ${destination.value}`;

/** Makes a data path without packets. */
export function createNoDataPath(): DataPath {
  const sas = new Set<string>();
  return {
    name: 'none',
    listensOn: [],
    start: async () => {},
    reconfigure: async () => {},
    async install({ direction, protocol, spi, local, remote }) {
      sas.add(idKey({ direction, protocol, spi, destination: direction === 'outbound' ? remote : local }));
    },
    remove: async (sa) => sas.delete(idKey(sa)),
    async movePeer({ sas: moved, remote }) {
      for (const id of moved) {
        if (sas.delete(idKey(id))) sas.add(idKey(id.direction === 'outbound' ? { ...id, destination: remote } : id));
      }
    },
    negotiationFailed() {},
    async counters(sa) {
      if (!sas.has(idKey(sa))) return undefined;
      return { packets: 0, octets: 0, sequence: 0n, replays: 0, icvFailures: 0 };
    },
    sendIke: () => false,
    async stop() {
      sas.clear();
    },
  };
}

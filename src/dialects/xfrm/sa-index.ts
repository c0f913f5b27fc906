/** SAs by their ends: which one a template takes, and which none took. */
import { type Address, formatAddress } from '../../model/address.js';
import type { KernelSa, KernelTemplate } from './kernel.js';

export class SaIndex {
  readonly #byEnds = new Map<string, KernelSa[]>();
  readonly #used = new Set<KernelSa>();

  constructor(sas: readonly KernelSa[]) {
    for (const sa of sas) {
      const key = keyOf(sa.protocol, sa.source, sa.destination);
      const known = this.#byEnds.get(key);
      if (known) known.push(sa);
      else this.#byEnds.set(key, [sa]);
    }
  }

  /** The SA that a template takes: by addresses, protocol, mode, and the reqid and SPI where these are told. */
  find(template: KernelTemplate, source: Address | undefined, destination: Address | undefined): KernelSa | undefined {
    if (!source || !destination) return undefined;
    const sa = this.#byEnds
      .get(keyOf(template.protocol, source, destination))
      ?.find(
        ({ mode, reqid, spi }) =>
          (mode === 'any' || mode === template.mode) &&
          (!template.reqid || reqid === template.reqid) &&
          (!template.spi || spi === template.spi),
      );
    if (sa) this.#used.add(sa);
    return sa;
  }

  isUsed(sa: KernelSa): boolean {
    return this.#used.has(sa);
  }
}

function keyOf(protocol: KernelSa['protocol'], source: Address, destination: Address): string {
  return [protocol, ...[source, destination].map(({ family, value }) => formatAddress(family, value))].join(' ');
}

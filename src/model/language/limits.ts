/** Numbers of the language: ranges and list limits, with their sources. */
import type { Dialect } from './dialect.js';

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** 0 is allowed as well and means this. */
  readonly zero?: string;
  readonly unit?: string;
  readonly source: string;
}

export const ranges = {
  priority: { min: 1, max: 2147483647, source: 'G0300 p.76' },
  prefixV4: { min: 0, max: 32, source: 'M0200 p.15' },
  prefixV6: { min: 0, max: 128, source: 'M0200 p.15' },
  port: { min: 0, max: 65535, source: 'G0200 p.76' },
  protocol: { min: 0, max: 255, source: 'G0302 p.75' },
  messageType: { min: 0, max: 255, source: 'G0300 p.185' },
  lifetimeSeconds: { min: 600, max: 4294967294, zero: 'infinite', unit: 'seconds', source: 'G0302 p.70' },
  lifetimeKilobytes: { min: 5120, max: 4294967294, zero: 'infinite', unit: 'kilobytes', source: 'G0302 p.70' },
  ikeLifetimeSeconds: { min: 600, max: 4294967294, unit: 'seconds', source: 'decision, after G0302 p.70' },
  quickModesMax: { min: 1, max: 2147483647, source: 'memory' },
  spi: { min: 1, max: 4294967295, source: 'G0300 p.216' },
  auditKilobytes: { min: 1, max: 4294967295, unit: 'kilobytes', source: 'memory' },
  cacheEntries: { min: 1, max: 4294967295, source: 'memory' },
  nameLength: { min: 1, max: 63, unit: 'characters', source: 'M0201 p.9' },
  presharedLength: { min: 1, max: 128, unit: 'characters', source: 'memory' },
  commonNameLength: { min: 1, max: 64, unit: 'octets', source: 'G0300 p.89' },
  dpdSeconds: { min: 5, max: 86400, zero: 'off', unit: 'seconds', source: 'own' },
  replayWindow: { min: 1, max: 4096, zero: 'off', unit: 'packets', source: 'own, after Linux XFRM' },
  mark: { min: 1, max: 4294967295, source: 'own, after Linux XFRM' },
  rsaBits: { min: 512, max: 16384, unit: 'bits', source: 'memory' },
  days: { min: 1, max: 36500, unit: 'days', source: 'memory' },
} as const satisfies Readonly<Record<string, NumberRange>>;

export type RangeName = keyof typeof ranges;

/** SPIs that the product hands out to negotiated SAs, unless `add startup` says otherwise (G0300 p.216). */
export const dynamicSpiRange = { min: 300, max: 2500000 } as const;

/** SPIs that RFC 4303 §2.1 reserves. */
export const reservedSpiMax = 255;

/** How many transforms one list may hold, by family. */
export const transformListLimits: Readonly<
  Record<Dialect, { ah: number; esp: number; nested: number; source: string }>
> = {
  'A.02': { ah: 2, esp: 8, nested: 1, source: 'G0200 p.79' },
  'A.03.00': { ah: 2, esp: 6, nested: 0, source: 'G0300 p.77' },
  'A.03.02': { ah: 2, esp: 25, nested: 0, source: 'G0302 p.76' },
  extended: { ah: 16, esp: 64, nested: 1, source: 'own' },
};

/** Sources or destinations that one policy may name from A.03.00 on (G0302 p.74). */
export const selectorsMax = 20;

/** Names that belong to the product's preloaded records (G0300 p.72, p.95). */
export const reservedName = 'default';

/** The fewest characters after the hyphen that an abbreviation needs (own decision; G0300 p.148 and M0201 p.9 show examples). */
export const abbreviationMin = 3;

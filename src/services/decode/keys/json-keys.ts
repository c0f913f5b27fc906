/** The same keys as JSON: `{ "ikev1Sas": […], "ikev2Sas": […], "espSas": […] }`, by themselves or under `keys`. */
import { z } from 'zod';
import { UsageError } from '../../../model/tool-error.js';
import { joinKeys, type KeySet } from './key-set.js';
import { espEntry, ikev1Entry, ikev2Entry } from './wireshark-tables.js';

const keySetShape = z.object({
  ikev1Sas: z.array(z.object({ initiatorCookie: z.string(), encKeyHex: z.string() })).optional(),
  ikev2Sas: z
    .array(
      z.object({
        spiI: z.string(),
        spiR: z.string(),
        sk_ei: z.string(),
        sk_er: z.string(),
        encr: z.string(),
        sk_ai: z.string().default(''),
        sk_ar: z.string().default(''),
        integ: z.string().default(''),
      }),
    )
    .optional(),
  espSas: z
    .array(
      z.object({
        ip: z.string().default('IPv4'),
        src: z.string().default('*'),
        dst: z.string().default('*'),
        spi: z.string(),
        encr: z.string(),
        encrKeyHex: z.string().default(''),
        integ: z.string().default(''),
        integKeyHex: z.string().default(''),
      }),
    )
    .optional(),
});
const lists = Object.keys(keySetShape.shape);

/** Reads the keys of a JSON document. Throws UsageError where there are none in it, or they are not as they should be. */
export function readJsonKeys(text: string, file: string): KeySet {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // What JSON.parse says of a place shows what stands there, and that may be a key.
    throw new UsageError(`${file} is not JSON`, { code: 'UNREADABLE' });
  }
  const sets = setsOf(document);
  if (sets.length === 0)
    throw new UsageError(`${file} holds no keys`, {
      code: 'UNREADABLE',
      hints: [`Keys are in lists that are called ${lists.join(', ')}.`],
    });
  return joinKeys(sets.map((set) => readSet(set, file)));
}

function setsOf(document: unknown): unknown[] {
  if (typeof document !== 'object' || document === null) return [];
  if (Array.isArray(document)) return document.flatMap(setsOf);
  const has = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && lists.some((list) => list in value);
  if (has(document)) return [document];
  if (!('keys' in document)) return [];
  // A bare list under `keys` is one of IKE SAs.
  return Array.isArray(document.keys) ? [{ ikev2Sas: document.keys }] : has(document.keys) ? [document.keys] : [];
}

function readSet(set: unknown, file: string): KeySet {
  const parsed = keySetShape.safeParse(set);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as it should be'}`, {
      code: 'UNREADABLE',
    });
  }
  const { ikev1Sas = [], ikev2Sas = [], espSas = [] } = parsed.data;
  return {
    ikev1: ikev1Sas.map((sa, index) => ikev1Entry([sa.initiatorCookie, sa.encKeyHex], `${file} ikev1Sas[${index}]`)),
    ikev2: ikev2Sas.map((sa, index) =>
      ikev2Entry(
        [sa.spiI, sa.spiR, sa.sk_ei, sa.sk_er, sa.encr, sa.sk_ai, sa.sk_ar, sa.integ],
        `${file} ikev2Sas[${index}]`,
      ),
    ),
    esp: espSas.map((sa, index) =>
      espEntry(
        [sa.ip, sa.src, sa.dst, sa.spi, sa.encr, prefixed(sa.encrKeyHex), sa.integ, prefixed(sa.integKeyHex)],
        `${file} espSas[${index}]`,
      ),
    ),
  };
}

function prefixed(digits: string): string {
  return digits === '' ? '' : `0x${digits.replace(/^0x/i, '')}`;
}

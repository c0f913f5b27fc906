/** Stronger words for weak ones, as far as the file's dialect has them. What they suggest changes a negotiation: never safe. */
import { type Dialect, isIn } from '../model/language/dialect.js';
import {
  type AlgorithmRow,
  type GroupRow,
  groupRows,
  ikev1Encryption,
  ikev1Hash,
  ikev2Encryption,
  ikev2Hash,
  ikev2Prf,
  type TransformRow,
  transformRows,
} from '../model/language/values.js';
import type { IkeRecord } from '../model/record/ike.js';
import { keyExchange } from '../model/transform.js';
import type { AlgorithmList, AlgorithmUse } from './algorithm-lists.js';
import type { AlgorithmSlot } from './profiles/profile.js';

/** Canonical names in order of preference. */
const ciphers = ['AES-CBC-256', 'AES-CBC-128'];
const hashes = ['HMAC-SHA2-256-128', 'HMAC-SHA2-384-192', 'HMAC-SHA1-96'];
const prfs = ['HMAC-SHA2-256', 'HMAC-SHA2-384', 'HMAC-SHA1'];
const groups = ['ECP-256', 'ECP-384', 'MODP-2048'];

/** Does nobody object to an algorithm? What somebody objects to is proposed only where nothing else is left. */
export type Approves = (use: AlgorithmUse) => boolean;

function inOrder(names: readonly string[], slot: AlgorithmSlot, approves: Approves): string[] {
  const isApproved = (name: string) => approves({ slot, name });
  return [...names.filter(isApproved), ...names.filter((name) => !isApproved(name))];
}

function groupRow(name: string): GroupRow | undefined {
  return groupRows.find((row) => keyExchange(row.group)?.name === name);
}

const transformByParts = new Map<string, TransformRow[]>();
for (const row of transformRows) {
  const key = partsKey(row.protocol, row.encryption?.name, row.authentication?.name);
  transformByParts.set(key, [...(transformByParts.get(key) ?? []), row]);
}

function partsKey(protocol: string, cipher: string | undefined, hash: string | undefined): string {
  return `${protocol} ${cipher ?? ''} ${hash ?? ''}`;
}

/** The transform made of these parts, if the dialect has a name for it. */
export function transformOf(
  dialect: Dialect,
  protocol: 'ESP' | 'AH',
  cipher: string | undefined,
  hash: string | undefined,
): TransformRow | undefined {
  return transformByParts.get(partsKey(protocol, cipher, hash))?.find((row) => isIn(dialect, row));
}

/** A transform with a better cipher, or a better hash (also where it has none); undefined where the dialect has none. */
export function betterTransform(
  row: TransformRow,
  part: 'encryption' | 'authentication',
  dialect: Dialect,
  approves: Approves,
): TransformRow | undefined {
  const isCipher = part === 'encryption';
  const slot = isCipher ? 'child-encryption' : 'child-integrity';
  for (const name of inOrder(isCipher ? ciphers : hashes, slot, approves)) {
    if (name === row[part]?.name) return undefined;
    const found = isCipher
      ? transformOf(dialect, row.protocol, name, row.authentication?.name)
      : transformOf(dialect, row.protocol, row.encryption?.name, name);
    if (found) return found;
  }
  return undefined;
}

/** A better word for an element of a list of an IKE policy, or of groups. */
export function betterWord(
  list: AlgorithmList,
  { slot, name }: AlgorithmUse,
  dialect: Dialect,
  approves: Approves,
): string | undefined {
  if (slot === 'key-exchange') {
    const rows = inOrder(groups, slot, approves).map(groupRow);
    return rows.find((row) => row && isIn(dialect, row))?.word;
  }
  const [table, wanted] = tableOf(list.record.kind, list.argument);
  for (const candidate of inOrder(wanted, slot, approves)) {
    if (candidate === name) return undefined;
    const row = table.find((other) => other.algorithm === candidate && isIn(dialect, other));
    if (row) return row.word;
  }
  return undefined;
}

function tableOf(
  kind: AlgorithmList['record']['kind'],
  argument: AlgorithmList['argument'],
): readonly [readonly AlgorithmRow[], readonly string[]] {
  const isV2 = kind === ('ikev2' satisfies IkeRecord['kind']);
  switch (argument) {
    case 'encryption':
      return [isV2 ? ikev2Encryption : ikev1Encryption, ciphers];
    case 'hash':
      return isV2 ? [ikev2Hash, hashes] : [ikev1Hash, prfs];
    case 'prf':
      return [ikev2Prf, prfs];
    default:
      return [[], []];
  }
}

/** The same cipher of an IKE policy with a longer key, of at least `bits`, where the dialect has it. */
export function stronger(list: AlgorithmList, word: string, bits: number, dialect: Dialect): string | undefined {
  const [table] = tableOf(list.record.kind, 'encryption');
  const current = table.find((row) => row.word === word)?.algorithm;
  const mode = current?.replace(/-\d+$/, '');
  return table.find(
    (row) =>
      row.algorithm.replace(/-\d+$/, '') === mode &&
      Number(row.algorithm.split('-').at(-1)) >= bits &&
      isIn(dialect, row),
  )?.word;
}

/** The same combined-mode cipher with an ICV of 16 octets, as a word of an IKE policy. */
export function longerIcv(list: AlgorithmList, word: string, dialect: Dialect): string | undefined {
  const [table] = tableOf(list.record.kind, 'encryption');
  const name = table.find((row) => row.word === word)?.algorithm.replace(/-8-/, '-16-');
  return table.find((row) => row.algorithm === name && isIn(dialect, row))?.word;
}

/** The words of a sound IKE policy in a dialect, as arguments. */
export function soundIkeArguments(kind: 'ikev1' | 'ikev2', dialect: Dialect): string {
  const pick = (table: readonly AlgorithmRow[], wanted: readonly string[]) =>
    wanted.flatMap((name) => table.filter((row) => row.algorithm === name && isIn(dialect, row)))[0]?.word;
  const group = [...groups, 'MODP-1536', 'MODP-1024'].map(groupRow).find((row) => row && isIn(dialect, row));
  const isV2 = kind === 'ikev2';
  return [
    `-group ${group?.word}`,
    `-hash ${pick(isV2 ? ikev2Hash : ikev1Hash, isV2 ? hashes : prfs)}`,
    `-encryption ${pick(isV2 ? ikev2Encryption : ikev1Encryption, ciphers)}`,
    ...(isV2 ? [`-prf ${pick(ikev2Prf, prfs)}`] : []),
    '-pfs ON',
  ].join(' ');
}

/** Authentication records whose identity pattern an earlier record's wider one holds, so that a responder finds that first. */
import { rangeContains, rangesIntersect } from '../model/address.js';
import { attributeKey } from '../model/peer/identity.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { Prioritised } from '../model/resolve.js';
import type { IdentityPattern } from '../model/system-config.js';
import { buildRangeIndex } from './range-index.js';

type Auth = Prioritised<AuthRecord>;

export interface HiddenIdentity {
  readonly record: Auth;
  readonly pattern: IdentityPattern;
  readonly by: Auth;
  readonly wider: IdentityPattern;
}

/** Earlier records of one pattern that are looked through for one with peers in common. */
const sameKeyMax = 64;
/** Names of more attributes than this are not compared with all shorter ones. */
const attributesMax = 6;

/**
 * The records, in search order, that come after one with a strictly wider pattern and peers in common. Equal patterns are not
 * meant: a peer with several addresses has a record for each.
 */
export function* hiddenIdentities(records: readonly Auth[]): Iterable<HiddenIdentity> {
  const byKey = new Map<string, Auth[]>();
  const addresses = records.filter((record) => record.remoteId?.value.kind === 'addresses');
  const addressIndex = buildRangeIndex(addresses.map((record) => rangeOf(record.remoteId!.value)!));
  for (const record of records) {
    const pattern = record.remoteId?.value;
    if (!pattern) continue;
    const candidates = [...widerKeys(pattern)].flatMap((key) => byKey.get(key) ?? []);
    const range = rangeOf(pattern);
    if (range) {
      const first = addresses[addressIndex.find({ family: range.family, value: range.first })];
      if (first && first.priority.value < record.priority.value) candidates.push(first);
    }
    const by = candidates
      .filter((other) => isWider(other.remoteId!.value, pattern) && haveCommonPeers(other, record))
      .reduce<Auth | undefined>(
        (best, other) => (best && best.priority.value <= other.priority.value ? best : other),
        undefined,
      );
    if (by) yield { record, pattern, by, wider: by.remoteId!.value };
    const key = ownKey(pattern);
    const list = byKey.get(key);
    if (!list) byKey.set(key, [record]);
    else if (list.length < sameKeyMax) list.push(record);
  }
}

function haveCommonPeers(a: Auth, b: Auth): boolean {
  return rangesIntersect(a.remote.value.range, b.remote.value.range);
}

function rangeOf(pattern: IdentityPattern) {
  return pattern.kind === 'addresses' ? pattern.range : undefined;
}

/** A range holds another range only if it is larger; all other candidates are wider by their key. */
function isWider(outer: IdentityPattern, inner: IdentityPattern): boolean {
  const [a, b] = [rangeOf(outer), rangeOf(inner)];
  return !a || !b || (rangeContains(a, b) && !rangeContains(b, a));
}

function ownKey(pattern: IdentityPattern): string {
  switch (pattern.kind) {
    case 'exact':
      return `${pattern.type} = ${pattern.value}`;
    case 'subtree':
      return `${pattern.type} . ${pattern.suffix}`;
    case 'addresses':
      return `${pattern.type} range`;
    case 'dn':
      return nameKey(pattern.attributes.map(attributeKey));
    case 'any':
      return `${pattern.type} any`;
    case 'suffix':
      return `${pattern.type} * ${pattern.suffix.toLowerCase()}`;
    case 'dn-template':
      return `DN template ${pattern.attributes.map(attributeKey).join(',')}`;
    case 'anything':
      return 'anything';
  }
}

function nameKey(attributes: readonly string[]): string {
  return `DN ${[...new Set(attributes)].sort().join(',')}`;
}

/** The keys of all patterns that hold a pattern and more. */
function* widerKeys(pattern: IdentityPattern): Iterable<string> {
  if (pattern.kind !== 'any' && pattern.kind !== 'anything') yield `${pattern.type} any`;
  switch (pattern.kind) {
    case 'exact':
      if (pattern.type === 'FQDN') yield* parentKeys('FQDN', pattern.value.toLowerCase());
      if (pattern.type === 'USER-FQDN') {
        const domain = pattern.value.slice(pattern.value.lastIndexOf('@') + 1).toLowerCase();
        yield `USER-FQDN . ${domain}`;
        yield* parentKeys('USER-FQDN', domain);
      }
      break;
    case 'subtree':
      yield* parentKeys(pattern.type, pattern.suffix);
      break;
    case 'dn': {
      const keys = [...new Set(pattern.attributes.map(attributeKey))];
      if (keys.length > attributesMax) break;
      for (let choice = 1; choice < 2 ** keys.length - 1; choice += 1) {
        yield nameKey(keys.filter((_, at) => (choice >> at) % 2 === 1));
      }
    }
  }
}

function* parentKeys(type: string, domain: string): Iterable<string> {
  for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
    yield `${type} . ${domain.slice(dot + 1)}`;
  }
}

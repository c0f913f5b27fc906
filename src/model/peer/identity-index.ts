/**
 * Finds the first PAD entry for an identity, as a responder of IKEv2 and of Aggressive Mode does (hpux-ipsec reference
 * 5.3). Maps by value, by parent domain and by attribute, so that a search among many thousand entries looks at few.
 */
import { type Address, type AddressRange, rangeContains, singleAddress } from '../address.js';
import { fullBox } from '../selector/box.js';
import { buildSpdIndex } from '../selector/spd-index.js';
import type { Identity, IdentityType, PadEntry } from '../system-config.js';
import { attributeKey, canonicalValue, expectsIdentity, identityAddress, parseName } from './identity.js';
import { once } from './once.js';

export interface IdentityIndex {
  /**
   * The first entry that expects the identity of a peer whose packets come from `source`. An identity that only a
   * certificate tells is taken to be expected by the first entry for that address that expects one of its type.
   */
  find(identity: Identity, source: Address): PadEntry | undefined;
}

/** Up to this many entries are searched one by one. */
const linearMax = 16;

/** Indexes entries in the order in which they are searched. */
export function identityIndex(entries: readonly PadEntry[]): IdentityIndex {
  const find = entries.length <= linearMax ? undefined : once(() => orderFinder(entries));
  return {
    find(identity, source) {
      if (identity.value === undefined) return findUntold(entries, identity.type, source);
      if (!find) return entries.find((entry) => expectsIdentity(entry, identity, source) === 'match');
      const order = find()(identity, identity.value, source);
      return order === undefined ? undefined : entries[order];
    },
  };
}

function findUntold(entries: readonly PadEntry[], type: IdentityType, source: Address): PadEntry | undefined {
  const single = singleAddress(source);
  return entries.find((entry) => entry.remoteId?.value.type === type && rangeContains(entry.remote, single));
}

type OrderFinder = (identity: Identity, value: string, source: Address) => number | undefined;

function orderFinder(entries: readonly PadEntry[]): OrderFinder {
  const exact = new Map<string, number>();
  const subtrees = new Map<string, number>();
  const anyOf = new Map<IdentityType, number>();
  const byAttribute = new Map<string, number[]>();
  /** Patterns that no map finds; other products' configurations have them, and few entries. */
  const others: number[] = [];
  const ranges: { range: AddressRange; order: number }[] = [];
  const implicit: { range: AddressRange; order: number }[] = [];
  const first = <K>(map: Map<K, number>, key: K, order: number) => {
    if (!map.has(key)) map.set(key, order);
  };
  for (const [order, { remote, remoteId }] of entries.entries()) {
    const pattern = remoteId?.value;
    if (!pattern) {
      implicit.push({ range: remote, order });
      continue;
    }
    switch (pattern.kind) {
      case 'exact':
        first(exact, `${pattern.type} ${canonicalValue(pattern.type, pattern.value)}`, order);
        break;
      case 'subtree':
        first(subtrees, `${pattern.type} ${pattern.suffix.toLowerCase()}`, order);
        break;
      case 'addresses':
        ranges.push({ range: pattern.range, order });
        break;
      case 'any':
        first(anyOf, pattern.type, order);
        break;
      case 'dn': {
        // An entry is kept under one attribute that its names must have.
        const key = pattern.attributes[0] ? attributeKey(pattern.attributes[0]) : '';
        const list = byAttribute.get(key);
        if (list) list.push(order);
        else byAttribute.set(key, [order]);
        break;
      }
      case 'suffix':
      case 'dn-template':
      case 'anything':
        others.push(order);
    }
  }
  const inRange = firstInRange(ranges);
  const inImplicit = firstInRange(implicit);
  return (identity, value, source) => {
    const found = [exact.get(`${identity.type} ${canonicalValue(identity.type, value)}`), anyOf.get(identity.type)];
    const address = identityAddress(identity);
    if (address) {
      found.push(inRange(address));
      if (address.family === source.family && address.value === source.value) found.push(inImplicit(source));
    } else if (identity.type === 'FQDN' || identity.type === 'USER-FQDN') {
      for (const suffix of parentDomains(identity.type, value)) found.push(subtrees.get(`${identity.type} ${suffix}`));
    } else if (identity.type === 'X500-DN') {
      for (const key of ['', ...parseName(value).map(attributeKey)]) {
        const candidates = byAttribute.get(key) ?? [];
        found.push(candidates.find((order) => expectsIdentity(entries[order]!, identity, source) === 'match'));
      }
    }
    found.push(others.find((order) => expectsIdentity(entries[order]!, identity, source) === 'match'));
    const orders = found.filter((order) => order !== undefined);
    return orders.length === 0 ? undefined : Math.min(...orders);
  };
}

/** The domains whose subtree a name is in; a mailbox is also in the subtree of its own domain. */
function parentDomains(type: 'FQDN' | 'USER-FQDN', value: string): string[] {
  const domain = value.slice(value.lastIndexOf('@') + 1).toLowerCase();
  const parents = type === 'USER-FQDN' ? [domain] : [];
  for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1))
    parents.push(domain.slice(dot + 1));
  return parents;
}

function firstInRange(
  list: readonly { readonly range: AddressRange; readonly order: number }[],
): (address: Address) => number | undefined {
  const index = once(() =>
    buildSpdIndex(list.map(({ range }) => [{ ...fullBox(range.family), remote: { lo: range.first, hi: range.last } }])),
  );
  return ({ family, value }) => {
    if (list.length === 0) return undefined;
    const { lo } = fullBox(family).local;
    const at = index().classify({ family, direction: 'outbound', local: lo, remote: value, protocol: 0 });
    return at < 0 ? undefined : list[at]!.order;
  };
}

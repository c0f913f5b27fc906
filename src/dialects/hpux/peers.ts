/** Authentication records and IKE policies of the record language, from the PAD. */
import type { AddressRange } from '../../model/address.js';
import { type Dialect, isIn } from '../../model/language/dialect.js';
import { ranges } from '../../model/language/limits.js';
import { addressIdentity } from '../../model/peer/identity.js';
import { findSharedSecret } from '../../model/shared-secret.js';
import type {
  AuthenticationMethod,
  EntrySource,
  IdentityPattern,
  IkePolicy,
  IkeProposal,
  PadEntry,
  SecretReference,
  SystemConfig,
} from '../../model/system-config.js';
import { prefixesOf } from '../common/selector-parts.js';
import {
  groupWord,
  identityWord,
  ikeCipherWord,
  ikeHashWord,
  patternWord,
  prefixWord,
  prfWord,
  recordName,
  secretWord,
  statement,
} from './words.js';

export interface PeerLoss {
  readonly source: EntrySource;
  readonly message: string;
}

export interface WrittenPeers {
  readonly statements: readonly string[];
  readonly losses: readonly PeerLoss[];
  readonly hasKeys: boolean;
}

/** Records of peers. */
const peersMax = 100_000;
const priorityStep = 10;

type Argument = readonly [name: string, value: string];

/** Writes the PAD in its order, each entry with its IKE policies. */
export function writePeers(config: SystemConfig, dialect: Dialect): WrittenPeers {
  const writer = new PeerWriter(config, dialect);
  for (const pad of config.pad) writer.pad(pad);
  writer.policies();
  return writer;
}

class PeerWriter implements WrittenPeers {
  readonly statements: string[] = [];
  readonly losses: PeerLoss[] = [];
  hasKeys = false;
  readonly #names = new Set<string>();
  readonly #ikeNames = { 1: new Set<string>(), 2: new Set<string>() };
  /** Arguments that are written already. */
  readonly #known = new Set<string>();
  readonly #ranges = new Set<string>();
  #priority = 0;

  constructor(
    readonly config: SystemConfig,
    readonly dialect: Dialect,
  ) {}

  pad(pad: PadEntry): void {
    for (const range of prefixesOf([pad.remote])) {
      if (this.statements.length >= peersMax) {
        this.#lose(pad, `is left out: more than ${peersMax} records`);
        return;
      }
      this.#priority += priorityStep;
      this.#auth(pad, range);
      for (const version of pad.ikeVersions.value) {
        const policy = this.#policyFor(pad, version);
        if (policy) this.#ike(policy, range, pad);
      }
    }
  }

  /**
   * Policies that belong to no connection are found by address, in an order of their own. The preloaded ones are written
   * where somebody changed them; those of the product need no record.
   */
  policies(): void {
    this.#priority = 0;
    for (const policy of this.config.ikePolicies) {
      if (policy.connection !== undefined) continue;
      if (policy.source.record.name === 'default') {
        if (policy.source.at) this.#ike(policy, undefined, undefined);
        continue;
      }
      for (const range of prefixesOf([policy.remote])) {
        this.#priority += priorityStep;
        this.#ike(policy, range, undefined);
      }
    }
  }

  #lose({ source }: { readonly source: EntrySource }, message: string): void {
    if (!this.losses.some((known) => known.source === source && known.message === message))
      this.losses.push({ source, message });
  }

  #policyFor(pad: PadEntry, version: 1 | 2): IkePolicy | undefined {
    return this.config.ikePolicies.find(
      (policy) =>
        policy.version === version &&
        policy.connection !== undefined &&
        policy.connection === pad.connection &&
        policy.remote.family === pad.remote.family &&
        policy.remote.first <= pad.remote.last &&
        pad.remote.first <= policy.remote.last,
    );
  }

  #auth(pad: PadEntry, range: AddressRange): void {
    const isLater = isIn(this.dialect, { since: 'A.03.00' });
    const args: Argument[] = [];
    const methods = isLater ? this.#methods(pad) : [];
    if (!methods) return;
    if (isLater) {
      args.push(['kmp', pad.ikeVersions.value.map((version) => `IKEV${version}`).join(',')]);
    } else if (pad.ikeVersions.value[0] === 2) this.#lose(pad, 'this version of the language has no IKEv2');
    if (pad.ikeVersions.value.includes(1)) args.push(['exchange', pad.exchange.value === 'aggressive' ? 'AM' : 'MM']);
    args.push(...methods, ...this.#identities(pad), ...this.#preshared(pad));
    if (pad.respondOnly && isLater) args.push(['flags', 'AUTOCONF']);
    if (this.dialect === 'extended') args.push(...extendedArguments(pad));
    const remote = prefixWord(range)!;
    const key = JSON.stringify([remote, args]);
    // A second record for the same peers is never asked; of connections, each was for itself.
    if (pad.connection !== undefined && this.#ranges.has(remote)) {
      if (!this.#known.has(key))
        this.#lose(pad, `another entry for ${remote} comes before it, and a peer is found by its address`);
      return;
    }
    this.#ranges.add(remote);
    this.#known.add(key);
    const name = recordName(pad.source.record.name, this.#names);
    const head: Argument[] = [['remote', remote]];
    if (isLater) head.push(['priority', String(this.#priority)]);
    this.statements.push(statement(`add auth ${name}`, [...head, ...args]));
  }

  #methods(pad: PadEntry): readonly Argument[] | undefined {
    const words = [pad.localMethod.value, pad.remoteMethod.value].map((method) => this.#method(method));
    if (words.some((word) => word === undefined)) {
      this.#lose(
        pad,
        `the language has no word for authentication by ${pad.localMethod.value} and ${pad.remoteMethod.value}`,
      );
      return undefined;
    }
    return [
      ['local_method', words[0]!],
      ['remote_method', words[1]!],
    ];
  }

  #method(method: AuthenticationMethod): string | undefined {
    if (method === 'PSK' || method === 'RSASIG') return method;
    if (method === 'EAP' || method === 'XAUTH' || method === 'ANY') return undefined;
    if (this.dialect === 'extended') return method;
    // Every signature of a peer with an RSA key is one.
    return method === 'DIGSIG' ? 'RSASIG' : undefined;
  }

  #identities(pad: PadEntry): readonly Argument[] {
    const args: Argument[] = [];
    const { localId, remoteId } = pad;
    if (localId) {
      const word = identityWord(localId.value);
      args.push(['ltype', localId.value.type]);
      if (word !== undefined) args.push(['lid', word]);
      else if (localId.value.value !== undefined)
        this.#lose(pad, 'the identity of this system cannot be written, and only its type is');
    }
    if (remoteId) {
      const { type } = remoteId.value;
      const word = patternWord(remoteId.value);
      if (type !== undefined) args.push(['rtype', type]);
      if (word !== undefined) args.push(['rid', word]);
      else if (!isWildcard(remoteId.value))
        this.#lose(pad, 'the identity of the peer cannot be written, and only its type is');
      else if (type === undefined)
        this.#lose(pad, 'the peer may have any identity, and the language asks for its address then');
    }
    return args;
  }

  #preshared(pad: PadEntry): readonly Argument[] {
    if (pad.localMethod.value !== 'PSK' && pad.remoteMethod.value !== 'PSK') return [];
    const reference = pad.presharedKey?.value ?? this.#shared(pad);
    const word = reference && secretWord(reference, this.dialect);
    if (word === undefined) {
      this.#lose(
        pad,
        reference
          ? 'the preshared key is not written down here, and must be put into the record'
          : 'no preshared key is known, and must be put into the record',
      );
      return [];
    }
    this.hasKeys ||= reference?.kind === 'literal';
    return [['preshared', word]];
  }

  #shared({ localId, local, remoteId, remote }: PadEntry): SecretReference | undefined {
    const single = (range: AddressRange | undefined) =>
      range && range.first === range.last ? addressIdentity({ family: range.family, value: range.first }) : undefined;
    const theirs =
      remoteId?.value.kind === 'exact' ? { type: remoteId.value.type, value: remoteId.value.value } : undefined;
    const found = findSharedSecret(
      this.config.sharedSecrets ?? [],
      'IKE',
      localId?.value ?? single(local?.[0]),
      theirs ?? (remoteId ? undefined : single(remote)),
    );
    return found?.secret.value;
  }

  /** An IKE policy; without a range it is the preloaded one. */
  #ike(policy: IkePolicy, range: AddressRange | undefined, pad: PadEntry | undefined): void {
    const { version } = policy;
    const isOld = !isIn(this.dialect, { since: 'A.03.00' });
    if (isOld && version === 2) return;
    const lists = productOf(policy.proposals, version, this.dialect);
    if (!lists) {
      this.#lose(
        policy,
        `the language has no words for the proposals of IKEv${version}, and the preloaded policy counts`,
      );
      return;
    }
    const args: Argument[] = [];
    if (range) args.push(['remote', prefixWord(range)!], ['priority', String(this.#priority)]);
    if (isOld && pad) args.push(['auth', pad.localMethod.value === 'PSK' ? 'PSK' : 'RSASIG']);
    args.push(['group', lists.groups.join(',')]);
    if (lists.hashes.length > 0) args.push(['hash', lists.hashes.join(',')]);
    args.push(['encryption', lists.ciphers.join(',')]);
    if (lists.prfs.length > 0) args.push(['prf', lists.prfs.join(',')]);
    args.push(['life', String(lifetime(policy.lifetimeSeconds.value))]);
    if (isOld) args.push(['maxqm', policy.pfs.value ? '1' : String(policy.quickModesMax?.value ?? 100)]);
    else args.push(['pfs', policy.pfs.value ? 'ON' : 'OFF']);
    const object = isOld ? 'ike' : `ikev${version}`;
    const key = JSON.stringify([object, range ? prefixWord(range) : '', args.filter(([name]) => name !== 'priority')]);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const name = range ? recordName(policy.source.record.name, this.#ikeNames[version]) : 'default';
    this.statements.push(statement(`add ${object} ${name}`, args));
  }
}

function isWildcard({ kind }: IdentityPattern): boolean {
  return kind === 'any' || kind === 'anything';
}

function lifetime(seconds: number): number {
  const { min, max } = ranges.ikeLifetimeSeconds;
  return seconds === 0 ? max : Math.min(Math.max(seconds, min), max);
}

function extendedArguments(pad: PadEntry): readonly Argument[] {
  const { natTraversal, dpdSeconds, fragmentation, certificates, authorities } = pad;
  const path = (name: string, files: PadEntry['certificates']): readonly Argument[] => {
    const file = files?.[0]?.value;
    return file !== undefined && /^[\x21-\x7e]+$/.test(file) && !file.includes('\\') ? [[name, file]] : [];
  };
  const dpd = dpdSeconds && (dpdSeconds.value === 0 ? 0 : Math.max(dpdSeconds.value, ranges.dpdSeconds.min));
  return [
    ...(natTraversal ? [['nat_traversal', natTraversal.value] as const] : []),
    ...(dpd === undefined ? [] : [['dpd', String(Math.min(dpd, ranges.dpdSeconds.max))] as const]),
    ...(fragmentation ? [['fragmentation', fragmentation.value ? 'ON' : 'OFF'] as const] : []),
    ...path('certificate', certificates),
    ...path('ca', authorities),
  ];
}

/** Lists of which the language takes every combination. */
interface Lists {
  readonly ciphers: readonly string[];
  readonly hashes: readonly string[];
  readonly prfs: readonly string[];
  readonly groups: readonly string[];
}

interface Suite {
  readonly cipher: string;
  readonly hash: string;
  readonly prf: string;
  readonly group: string;
  readonly isAead: boolean;
}

/** Suites of one policy that are looked at. */
const suitesMax = 4_096;

/**
 * The largest product of lists that begins with the first proposal and has no suite that is not offered: what is more
 * than a product cannot be said, and more than is offered must not be.
 */
function productOf(proposals: readonly IkeProposal[], version: 1 | 2, dialect: Dialect): Lists | undefined {
  const suites = proposals.flatMap((proposal) => suitesOf(proposal, version, dialect)).slice(0, suitesMax);
  const [first] = suites;
  if (!first) return undefined;
  const key = ({ cipher, hash, prf, group }: Omit<Suite, 'isAead'>) => `${cipher} ${hash} ${prf} ${group}`;
  const offered = new Set(suites.map(key));
  const aead = new Set(suites.flatMap(({ cipher, isAead }) => (isAead ? [cipher] : [])));
  let lists = { ciphers: [first.cipher], hashes: [first.hash], prfs: [first.prf], groups: [first.group] };
  const tried = new Set<string>();
  for (const { cipher, hash, prf, group } of suites) {
    const add = (list: readonly string[], one: string) => (list.includes(one) || one === '' ? list : [...list, one]);
    const wider = {
      ciphers: [...add(lists.ciphers, cipher)],
      hashes: [...add(lists.hashes.filter(Boolean), hash)],
      prfs: [...add(lists.prfs, prf)],
      groups: [...add(lists.groups, group)],
    };
    // Most suites of a product add nothing to it.
    const shape = JSON.stringify(wider);
    if (tried.has(shape)) continue;
    tried.add(shape);
    const isOffered = wider.ciphers.every((a) =>
      (aead.has(a) ? [''] : wider.hashes.length > 0 ? wider.hashes : ['']).every((b) =>
        wider.prfs.every((c) => wider.groups.every((d) => offered.has(key({ cipher: a, hash: b, prf: c, group: d })))),
      ),
    );
    if (isOffered) lists = wider;
  }
  return {
    ciphers: lists.ciphers,
    hashes: lists.hashes.filter(Boolean),
    prfs: lists.prfs.filter(Boolean),
    groups: lists.groups,
  };
}

function suitesOf(proposal: IkeProposal, version: 1 | 2, dialect: Dialect): readonly Suite[] {
  const { encryption, authentication, prf, keyExchange } = proposal;
  return encryption.flatMap((cipher) => {
    const isAead = cipher.icvOctets !== undefined;
    const cipherWord = ikeCipherWord(cipher, version, dialect);
    // Of IKEv1 the hash is in the place of the PRF.
    const hashes = version === 1 ? prf : isAead ? [undefined] : authentication;
    const prfs = version === 1 ? [undefined] : prf;
    return hashes.flatMap((hash) =>
      prfs.flatMap((function_) =>
        keyExchange.flatMap((group): readonly Suite[] => {
          const words = {
            cipher: cipherWord,
            hash: hash ? ikeHashWord(hash, version, dialect) : '',
            prf: function_ ? prfWord(function_, dialect) : '',
            group: groupWord(group, dialect),
          };
          const { cipher: c, hash: h, prf: p, group: g } = words;
          if (c === undefined || h === undefined || p === undefined || g === undefined) return [];
          return [{ cipher: c, hash: h, prf: p, group: g, isAead }];
        }),
      ),
    );
  });
}

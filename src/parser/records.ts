/** Builds the typed record of each kind from its bound arguments. */
import type { Address } from '../model/address.js';
import { exact } from '../model/exact.js';
import { reservedName } from '../model/language/limits.js';
import type { ObjectRow } from '../model/language/objects.js';
import type { AlgorithmRow, GroupRow, ValueRow } from '../model/language/values.js';
import type { Sourced } from '../model/origin.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { IkeRecord } from '../model/record/ike.js';
import type {
  AddressSpec,
  ChildOptions,
  HostFlag,
  ManualKeys,
  MessageTypes,
  PolicyAction,
  RecordBase,
} from '../model/record/policy.js';
import type { PolicyRecord, StartupRecord } from '../model/record/record.js';
import type { AuthenticationMethod, Identity, IdentityPattern, IdentityType } from '../model/system-config.js';
import type { BoundArguments } from './bound-arguments.js';
import { parseDn, parseLocalIdentity, parseRemoteIdentity, unquote } from './values/identity.js';

/** The record of an add statement; undefined where what is written is not enough for one. */
export function buildRecord(
  object: ObjectRow,
  base: RecordBase,
  given: BoundArguments,
  address: Address | undefined,
): PolicyRecord | undefined {
  switch (object.name) {
    case 'host':
      return base.name === reservedName ? defaultPolicy('default-host', base, given) : host(base, given);
    case 'gateway':
      return base.name === reservedName ? defaultPolicy('default-gateway', base, given) : gateway(base, given);
    case 'tunnel':
      return tunnel(base, given);
    case 'ike':
    case 'ikev1':
    case 'ikev2':
      return ike(object.name, base, given);
    case 'auth':
      return auth(base, given);
    case 'bypass':
      return address && { kind: 'bypass', ...base, address };
    case 'startup':
      return startup(base, given);
    case 'cacert':
    case 'mycert':
    case 'crl':
      return { kind: object.name, ...base, ...optional('file', given.explicit('text', 'file')) };
    case 'csr': {
      const written = given.written('subject');
      if (written?.value) {
        const context = given.context(written, 'subject');
        const text = unquote(context);
        if (text !== undefined) parseDn(context, text);
      }
      given.explicit('number', 'days');
      for (const name of ['alt-ipv4', 'alt-ipv6']) given.explicit('address', name);
      return {
        kind: 'csr',
        ...base,
        ...optional('subject', given.explicit('identity', 'subject')),
        ...optional('keyLength', given.explicit('number', 'key-length')),
      };
    }
  }
}

/** `{ [key]: value }`, or nothing where there is no value: absent and undefined stay the same thing. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}

function builtin<T>(value: T, what: string): Sourced<T> {
  return { value, origin: { kind: 'builtin', what } };
}

const anyV4: AddressSpec = {
  range: { family: 4, first: 0, last: 0xffff_ffff },
  address: { family: 4, value: 0 },
  prefixLength: 0,
  prefixWritten: true,
  hostBits: false,
};

function selectors(given: BoundArguments) {
  const side = (name: 'source' | 'destination') => {
    const written = given.all('addrspec', name);
    return written.length > 0 ? written : [given.defaultOf<AddressSpec>(name) ?? builtin(anyV4, 'every IPv4 address')];
  };
  const messageTypes: MessageTypes[] = [];
  for (const [word, protocol] of [
    ['icmp', 1],
    ['icmpv6', 58],
    ['mh', 135],
  ] as const) {
    for (const [prefix, which] of [
      ['src', 'source'],
      ['dst', 'destination'],
    ] as const) {
      const types = given.explicit('types', `${prefix}_${word}_type`);
      if (types) messageTypes.push({ protocol, side: which, types });
    }
  }
  return {
    sources: side('source'),
    destinations: side('destination'),
    protocol: given.get('protocol', 'protocol') ?? builtin(0, 'every protocol'),
    messageTypes: exact(messageTypes),
  };
}

function flags<T extends string>(given: BoundArguments): Sourced<readonly T[]> {
  const found = given.get('flags', 'flags') as Sourced<readonly T[]> | undefined;
  return found ?? builtin<readonly T[]>(['NONE' as T], 'no flag');
}

function childOptions(given: BoundArguments): ChildOptions {
  const groups = given.explicit('words', 'pfs_group');
  return {
    ...optional('pfsGroups', groups && mapped(groups, (rows) => (rows as readonly GroupRow[]).map((row) => row.group))),
    ...optional('esn', given.explicit('word', 'esn') as ChildOptions['esn']),
    ...optional('replayWindow', given.explicit('number', 'replay_window')),
    ...optional('start', given.explicit('word', 'start') as ChildOptions['start']),
    ...optional('mark', given.explicit('number', 'mark')),
    ...optional('ifId', given.explicit('number', 'if_id')),
  };
}

function manualKeys(given: BoundArguments): ManualKeys {
  return {
    ...optional('manualIn', given.explicit('manual-key', 'in')),
    ...optional('manualOut', given.explicit('manual-key', 'out')),
  };
}

function mapped<T, U>({ value, origin }: Sourced<T>, change: (value: T) => U): Sourced<U> {
  return { value: change(value), origin };
}

const discard: PolicyAction = { kind: 'DISCARD' };

function host(base: RecordBase, given: BoundArguments): PolicyRecord {
  return {
    kind: 'host',
    ...base,
    ...selectors(given),
    ...optional('priority', given.explicit('number', 'priority')),
    ...optional('tunnel', given.get('record-name', 'tunnel')),
    action: given.get('action', 'action') ?? builtin(discard, 'DISCARD'),
    ...manualKeys(given),
    flags: flags<HostFlag>(given),
    ...childOptions(given),
  };
}

function gateway(base: RecordBase, given: BoundArguments): PolicyRecord {
  return {
    kind: 'gateway',
    ...base,
    ...selectors(given),
    ...optional('priority', given.explicit('number', 'priority')),
    ...optional('tunnel', given.get('record-name', 'tunnel')),
    action: given.get('action', 'action') ?? builtin(discard, 'DISCARD'),
    flags: flags<HostFlag>(given),
  };
}

function tunnel(base: RecordBase, given: BoundArguments): PolicyRecord | undefined {
  const action = given.get('action', 'action');
  if (!action) return undefined;
  return {
    kind: 'tunnel',
    ...base,
    ...optional('tunnelSource', given.get('address', 'tsource')),
    ...optional('tunnelDestination', given.get('address', 'tdestination')),
    ...selectors(given),
    action,
    ...manualKeys(given),
    ...childOptions(given),
  };
}

/** `add host default -action PASS|DISCARD`: the preloaded policy takes nothing else (G0200 p.73). */
function defaultPolicy(
  kind: 'default-host' | 'default-gateway',
  base: RecordBase,
  given: BoundArguments,
): PolicyRecord | undefined {
  const source = given.source;
  for (const name of given.writtenNames()) {
    const written = given.written(name);
    if (name === 'action' || name === 'nocommit' || !written) continue;
    given.report({
      code: 'SYN025',
      message: `the preloaded policy '${reservedName}' takes -action only, not -${name}`,
      at: { source, start: written.name.start, end: written.value?.end ?? written.name.end },
      help: 'leave it out, or give the policy another name',
    });
  }
  const action = given.explicit('action', 'action');
  if (!action) {
    given.report({
      code: 'SYN020',
      message: `the preloaded policy '${reservedName}' needs -action`,
      at: base.nameAt,
      help: 'write -action PASS or -action DISCARD',
    });
    return undefined;
  }
  if (action.value.kind === 'TRANSFORMS') {
    given.report({
      code: 'SYN025',
      message: `the action of the preloaded policy '${reservedName}' must be PASS or DISCARD`,
      at: action.origin.kind === 'explicit' ? action.origin.at : base.at,
      help: 'to protect all other traffic, add a policy with wildcard addresses and a high priority number',
    });
    return undefined;
  }
  return { kind, ...base, action };
}

function ike(kind: IkeRecord['kind'], base: RecordBase, given: BoundArguments): PolicyRecord | undefined {
  const isDefault = base.name === reservedName && kind !== 'ike';
  for (const name of isDefault ? ['remote', 'priority'] : []) {
    const written = given.written(name);
    if (!written) continue;
    given.report({
      code: 'SYN025',
      message: `the preloaded ${kind} policy '${reservedName}' takes no -${name}`,
      at: { source: given.source, start: written.name.start, end: written.value?.end ?? written.name.end },
      help: 'it is for every peer that no other policy matches, and always last',
    });
  }
  const words = (name: string) => given.get('words', name) as Sourced<readonly ValueRow[]> | undefined;
  const groups = words('group');
  const hash = words('hash') as Sourced<readonly AlgorithmRow[]> | undefined;
  const encryption = words('encryption') as Sourced<readonly AlgorithmRow[]> | undefined;
  const prf = words('prf') as Sourced<readonly AlgorithmRow[]> | undefined;
  const lifeSeconds = given.get('number', 'life');
  if (!groups || !hash || !encryption || !lifeSeconds) return undefined;
  const pfs = given.get('word', 'pfs');
  const quickModesMax = kind === 'ike' ? given.get('number', 'maxqm') : given.explicit('number', 'maxqm');
  return {
    kind,
    ...base,
    remote: (isDefault ? undefined : given.get('prefix', 'remote')) ?? builtin(anyV4, 'every peer'),
    ...optional('priority', isDefault ? undefined : given.explicit('number', 'priority')),
    groups: mapped(groups, (rows) => rows.map((row) => (row as GroupRow).group)),
    hash,
    encryption,
    ...(kind === 'ikev2' ? optional('prf', prf) : {}),
    lifeSeconds,
    pfs: pfs ? mapped(pfs, (word) => word === 'ON') : builtin(quickModesMax?.value === 1, 'follows -maxqm'),
    ...optional('quickModesMax', quickModesMax),
    ...(kind === 'ike'
      ? optional('method', given.get('word', 'auth') as Sourced<AuthenticationMethod> | undefined)
      : {}),
  };
}

function auth(base: RecordBase, given: BoundArguments): AuthRecord | undefined {
  const remote = given.explicit('prefix', 'remote');
  if (!remote) return undefined;
  const preshared = given.explicit('secret', 'preshared');
  const implied: Sourced<AuthenticationMethod> = preshared
    ? { value: 'PSK', origin: { kind: 'automatic', rule: 'PSK because -preshared is given' } }
    : { value: 'RSASIG', origin: { kind: 'automatic', rule: 'RSASIG because -preshared is not given' } };
  const kmp = given.get('words', 'kmp');
  const onOff = (name: string) => {
    const word = given.explicit('word', name);
    return word && mapped(word, (value) => value === 'ON');
  };
  const dpdSeconds = given.explicit('number', 'dpd');
  return {
    kind: 'auth',
    ...base,
    remote,
    ...optional('priority', given.explicit('number', 'priority')),
    kmp: kmp
      ? mapped(kmp, (rows) => rows.map((row) => (row.word === 'IKEV2' ? 2 : 1)))
      : builtin<readonly (1 | 2)[]>([1], 'IKEV1'),
    exchange: (given.get('word', 'exchange') as Sourced<'MM' | 'AM'> | undefined) ?? builtin('MM', 'Main Mode'),
    localMethod: (given.explicit('word', 'local_method') as Sourced<AuthenticationMethod> | undefined) ?? implied,
    remoteMethod: (given.explicit('word', 'remote_method') as Sourced<AuthenticationMethod> | undefined) ?? implied,
    ...optional('preshared', preshared),
    ...identities(given),
    flags: flags<'AUTOCONF' | 'NONE'>(given),
    ...optional('natTraversal', given.explicit('word', 'nat_traversal') as AuthRecord['natTraversal']),
    ...optional('dpdSeconds', dpdSeconds),
    ...optional('fragmentation', onOff('fragmentation')),
    ...optional('certificate', given.explicit('text', 'certificate')),
    ...optional('ca', given.explicit('text', 'ca')),
    ...optional('crl', given.explicit('text', 'crl')),
    ...optional('ppk', given.explicit('secret', 'ppk')),
    ...optional('ppkId', given.explicit('text', 'ppk_id')),
    ...optional('ppkRequired', onOff('ppk_required')),
  };
}

function identities(given: BoundArguments): Pick<AuthRecord, 'localIdType' | 'localId' | 'remoteIdType' | 'remoteId'> {
  const localIdType = given.explicit('word', 'ltype') as Sourced<IdentityType> | undefined;
  const remoteIdType = given.explicit('word', 'rtype') as Sourced<IdentityType> | undefined;
  const lid = given.written('lid');
  const rid = given.written('rid');
  for (const [written, type, name] of [
    [lid, localIdType, 'l'],
    [rid, remoteIdType, 'r'],
  ] as const) {
    if (!written || type) continue;
    given.report({
      code: 'SYN025',
      message: `-${name}id without -${name}type`,
      at: { source: given.source, start: written.name.start, end: written.name.end },
      help: `say what kind of identity it is: -${name}type IPV4, IPV6, FQDN, USER-FQDN, X500-DN or KEY-ID`,
    });
  }
  let localId: Sourced<Identity> | undefined;
  if (localIdType) {
    if (localIdType.value === 'X500-DN') {
      if (lid) {
        given.report({
          code: 'SYN025',
          severity: 'warning',
          message: '-lid has no effect with -ltype X500-DN',
          at: { source: given.source, start: lid.name.start, end: lid.value?.end ?? lid.name.end },
          help: 'the subject of the local certificate is sent; leave -lid out',
        });
      }
      localId = { value: { type: 'X500-DN' }, origin: localIdType.origin };
    } else if (lid?.value) {
      const value = parseLocalIdentity(given.context(lid, 'lid'), localIdType.value);
      if (value) localId = { value, origin: given.origin(lid) };
    } else localId = { value: { type: localIdType.value }, origin: localIdType.origin };
  }
  let remoteId: Sourced<IdentityPattern> | undefined;
  if (remoteIdType) {
    if (rid?.value) {
      const value = parseRemoteIdentity(given.context(rid, 'rid'), remoteIdType.value);
      if (value) remoteId = { value, origin: given.origin(rid) };
    } else if (!rid) remoteId = { value: { kind: 'any', type: remoteIdType.value }, origin: remoteIdType.origin };
  }
  return {
    ...optional('localIdType', localIdType),
    ...optional('localId', localId),
    ...optional('remoteIdType', remoteIdType),
    ...optional('remoteId', remoteId),
  };
}

function startup(base: RecordBase, given: BoundArguments): StartupRecord {
  const autoboot = given.get('word', 'autoboot');
  return {
    kind: 'startup',
    ...base,
    ...optional('autoboot', autoboot && mapped(autoboot, (word) => word === 'ON')),
    ...optional('auditLevel', given.get('word', 'auditlvl')),
    ...optional('auditFolder', given.get('text', 'auditdir')),
    ...optional('auditKilobytes', given.get('number', 'maxsize')),
    ...optional('spiMin', given.get('number', 'spi_min')),
    ...optional('spiMax', given.get('number', 'spi_max')),
    ...optional('cacheSoft', given.explicit('number', 'spd_soft')),
    ...optional('cacheHard', given.explicit('number', 'spd_hard')),
  };
}

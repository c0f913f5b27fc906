/** A record as a list of arguments with their effective values as text and where each comes from. Keys are never shown. */
import { formatAddress, formatRange } from '../address.js';
import type { Origin, Sourced } from '../origin.js';
import { formatProtocol } from '../packet.js';
import type { IdentityPattern, ManualSa, SecretReference } from '../system-config.js';
import type { PresharedKey } from './auth.js';
import type { AddressSpec, PolicyAction, TransformSpec } from './policy.js';
import type { PolicyRecord } from './record.js';

export interface DescribedField {
  /** Name of the argument without its hyphen. */
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
}

/** The fields of a record in the order of the language's tables. */
export function describeRecord(record: PolicyRecord): readonly DescribedField[] {
  const fields: DescribedField[] = [];
  const put = <T>(name: string, sourced: Sourced<T> | undefined, text: (value: T) => string = String) => {
    if (sourced) fields.push({ name, value: text(sourced.value), origin: sourced.origin });
  };
  const onOff = (value: boolean) => (value ? 'ON' : 'OFF');
  const list = (values: readonly (string | number)[]) => values.join(',');
  const words = (rows: readonly { readonly word: string }[]) => list(rows.map((row) => row.word));
  switch (record.kind) {
    case 'host':
    case 'gateway':
    case 'tunnel':
      if (record.kind === 'tunnel') {
        put('tsource', record.tunnelSource, (address) => formatAddress(address.family, address.value));
        put('tdestination', record.tunnelDestination, (address) => formatAddress(address.family, address.value));
      }
      for (const source of record.sources) put('source', source, formatAddressSpec);
      for (const destination of record.destinations) put('destination', destination, formatAddressSpec);
      put('protocol', record.protocol, (value) =>
        value === 0 ? 'ALL' : formatProtocol(value).replace('protocol ', ''),
      );
      for (const { protocol, side, types } of record.messageTypes) {
        const kind = { 1: 'icmp', 58: 'icmpv6', 135: 'mh' }[protocol];
        put(`${side === 'source' ? 'src' : 'dst'}_${kind}_type`, types, (value) =>
          value === 'ALL' ? 'ALL' : list(value),
        );
      }
      if (record.kind !== 'tunnel') {
        put('priority', record.priority);
        put('tunnel', record.tunnel);
      }
      put('action', record.action, formatAction);
      if (record.kind !== 'gateway') {
        put('in', record.manualIn, formatManualSa);
        put('out', record.manualOut, formatManualSa);
        put('pfs_group', record.pfsGroups, list);
        put('esn', record.esn);
        put('replay_window', record.replayWindow);
        put('start', record.start);
        put('mark', record.mark);
        put('if_id', record.ifId);
      }
      if (record.kind !== 'tunnel') put('flags', record.flags, (value) => value.join('+'));
      break;
    case 'default-host':
    case 'default-gateway':
      put('action', record.action, formatAction);
      break;
    case 'ike':
    case 'ikev1':
    case 'ikev2':
      put('remote', record.remote, formatAddressSpec);
      put('priority', record.priority);
      put('auth', record.method);
      put('group', record.groups, list);
      put('hash', record.hash, words);
      put('encryption', record.encryption, words);
      put('prf', record.prf, words);
      put('life', record.lifeSeconds);
      if (record.kind !== 'ike') put('pfs', record.pfs, onOff);
      put('maxqm', record.quickModesMax);
      break;
    case 'auth':
      put('remote', record.remote, formatAddressSpec);
      put('priority', record.priority);
      put('kmp', record.kmp, (versions) => versions.map((version) => `IKEV${version}`).join(','));
      put('exchange', record.exchange);
      put('local_method', record.localMethod);
      put('remote_method', record.remoteMethod);
      put('preshared', record.preshared, formatKey);
      put('ltype', record.localIdType);
      put('lid', record.localId, (id) => id.value ?? '(from the certificate or interface)');
      put('rtype', record.remoteIdType);
      put('rid', record.remoteId, formatIdentityPattern);
      put('flags', record.flags, (value) => value.join('+'));
      put('nat_traversal', record.natTraversal);
      put('dpd', record.dpdSeconds);
      put('fragmentation', record.fragmentation, onOff);
      put('certificate', record.certificate);
      put('ca', record.ca);
      put('crl', record.crl);
      put('ppk', record.ppk, formatKey);
      put('ppk_id', record.ppkId);
      put('ppk_required', record.ppkRequired, onOff);
      break;
    case 'startup':
      put('autoboot', record.autoboot, onOff);
      put('auditlvl', record.auditLevel);
      put('auditdir', record.auditFolder);
      put('maxsize', record.auditKilobytes);
      put('spi_min', record.spiMin);
      put('spi_max', record.spiMax);
      put('spd_soft', record.cacheSoft);
      put('spd_hard', record.cacheHard);
      break;
    case 'bypass':
      break;
    default:
      put('file', record.file);
      put('subject', record.subject);
      put('key-length', record.keyLength);
  }
  return fields;
}

/** `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `10.0.0.1/32/TELNET`: as the language writes it. */
export function formatAddressSpec(spec: AddressSpec): string {
  const isRange = spec.prefixLength === undefined;
  const address = isRange
    ? formatRange(spec.range)
    : `${formatAddress(spec.range.family, spec.address.value)}/${spec.prefixLength}`;
  if (!spec.port) return address;
  const port =
    spec.service?.word ?? (spec.port.lo === spec.port.hi ? String(spec.port.lo) : `${spec.port.lo}-${spec.port.hi}`);
  return isRange ? `${address}//${port}` : `${address}/${port}`;
}

/** `PASS`, or the list of transforms with their lifetimes. */
export function formatAction(action: PolicyAction): string {
  return action.kind === 'TRANSFORMS' ? action.transforms.map(formatTransform).join(',') : action.kind;
}

/** `ESP_AES128_HMAC_SHA1/28800/0`, as written. */
export function formatTransform(spec: TransformSpec): string {
  const name = spec.nested ? `${spec.transform.word}+${spec.nested.word}` : spec.transform.word;
  if (spec.lifetimeSeconds === undefined) return name;
  return spec.lifetimeKilobytes === undefined
    ? `${name}/${spec.lifetimeSeconds}`
    : `${name}/${spec.lifetimeSeconds}/${spec.lifetimeKilobytes}`;
}

function formatManualSa(sa: ManualSa): string {
  return `${sa.protocol}/${sa.spi}/[secret]`;
}

function formatKey({ reference }: PresharedKey): string {
  return formatSecretReference(reference);
}

/** `[secret]`, or where the secret is. */
export function formatSecretReference(reference: SecretReference): string {
  switch (reference.kind) {
    case 'literal':
      return '[secret]';
    case 'file':
      return `file:${reference.path}`;
    case 'env':
      return `env:${reference.variable}`;
  }
}

/** An identity pattern as the language writes it. */
export function formatIdentityPattern(pattern: IdentityPattern): string {
  switch (pattern.kind) {
    case 'exact':
      return pattern.value;
    case 'subtree':
      return `.${pattern.suffix}`;
    case 'addresses':
      return formatRange(pattern.range);
    case 'dn':
      return pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(',');
    case 'any':
    case 'anything':
      return '(any)';
    case 'suffix':
      return `*${pattern.suffix}`;
    case 'dn-template':
      return pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(',');
  }
}

/**
 * A configuration as lists of settings in RFC 4301's words: what `policy show` prints of a system that has no records because
 * it was read from another product's files. Keys are never shown.
 */
import { formatAddress, formatRange } from './address.js';
import type { Origin, Sourced } from './origin.js';
import { type DescribedField, formatIdentityPattern } from './record/describe.js';
import { formatBox } from './selector/format-box.js';
import type {
  ChildProposal,
  EntrySource,
  IkePolicy,
  IkeProposal,
  PadEntry,
  SaTemplate,
  SpdEntry,
  SystemConfig,
} from './system-config.js';

/** The databases of RFC 4301 §4.4 and the policies of IKE. */
export const describedDatabases = ['spd', 'pad', 'ike'] as const;

export interface DescribedEntry {
  readonly database: (typeof describedDatabases)[number];
  /** The kind and the name of what it was made from: `child 'net'`. */
  readonly kind: string;
  readonly name: string;
  readonly fields: readonly DescribedField[];
}

/** Boxes of a selector that are shown; the rest is counted. */
const boxesMax = 32;

/** Every entry, each database in its search order. */
export function describeConfig(config: SystemConfig): readonly DescribedEntry[] {
  const entry = (
    database: DescribedEntry['database'],
    { record }: EntrySource,
    fields: readonly DescribedField[],
  ): DescribedEntry => ({ database, kind: record.kind, name: record.name, fields });
  return [
    ...config.spd.map((spd) => entry('spd', spd.source, spdFields(spd, false))),
    ...config.forwardSpd.map((spd) => entry('spd', spd.source, spdFields(spd, true))),
    ...config.pad.map((pad) => entry('pad', pad.source, padFields(pad))),
    ...config.ikePolicies.map((policy) => entry('ike', policy.source, ikeFields(policy))),
  ];
}

/** Collects fields; what has no origin of its own comes from where its entry is written. */
class Fields {
  readonly list: DescribedField[] = [];
  readonly #origin: Origin;

  constructor({ at }: EntrySource) {
    this.#origin = at ? { kind: 'explicit', at } : { kind: 'builtin', what: 'the product' };
  }

  plain(name: string, value: string | undefined, origin = this.#origin): void {
    if (value !== undefined) this.list.push({ name, value, origin });
  }

  put<T>(name: string, sourced: Sourced<T> | undefined, text: (value: T) => string = String): void {
    if (sourced) this.plain(name, text(sourced.value), sourced.origin);
  }
}

const onOff = (value: boolean) => (value ? 'on' : 'off');
const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(', ');
const seconds = (value: number) => (value === 0 ? 'never' : `${value} s`);

function spdFields({ source, priority, selectors, action }: SpdEntry, isForwarded: boolean): readonly DescribedField[] {
  const fields = new Fields(source);
  if (isForwarded) fields.plain('packets', 'forwarded');
  fields.put('priority', priority);
  for (const box of selectors.slice(0, boxesMax)) fields.plain('selector', formatBox(box));
  if (selectors.length > boxesMax) fields.plain('selector', `and ${selectors.length - boxesMax} more`);
  fields.plain('action', action.kind);
  if (action.kind !== 'PROTECT') return fields.list;
  if (action.populateFromPacket) fields.plain('SAs', 'one pair for each five-tuple');
  if (action.fallbackToClear) fields.plain('without an SA', 'in the clear');
  for (const template of action.bundle) templateFields(fields, template);
  return fields.list;
}

function templateFields(fields: Fields, template: SaTemplate): void {
  const { localEndpoint, remoteEndpoint } = template;
  const end = (address: SaTemplate['localEndpoint']) =>
    address ? formatAddress(address.family, address.value) : 'the packet’s address';
  fields.plain('mode', template.mode);
  if (localEndpoint || remoteEndpoint) fields.plain('endpoints', `${end(localEndpoint)} - ${end(remoteEndpoint)}`);
  fields.plain('connection', template.connection);
  for (const proposal of template.proposals) {
    fields.plain('proposal', childProposalText(proposal), writtenAt(proposal));
  }
  const [first] = template.proposals;
  fields.put('lifetime', first?.lifetimeSeconds, seconds);
  fields.put('rekeyed after', first?.rekeySeconds, seconds);
  if (first && first.lifetimeKilobytes.value > 0)
    fields.put('lifetime (volume)', first.lifetimeKilobytes, (value) => `${value} kB`);
  fields.put('groups for PFS', template.pfsGroups, (groups) => names(groups) || 'none');
  if (template.manual)
    fields.plain('keys', `manual, SPI ${template.manual.inbound.spi} in, ${template.manual.outbound.spi} out`);
  fields.put('anti-replay window', template.antiReplayWindow, (value) => (value === 0 ? 'off' : String(value)));
  fields.put('started', template.start, (value) => value.toLowerCase());
  fields.put('when closed', template.onClose, (value) => value.toLowerCase());
  fields.put('when the peer is dead', template.onDeadPeer, (value) => value.toLowerCase());
  fields.put('mark', template.mark);
  fields.put('if_id', template.ifId);
  fields.put('installs policies', template.installsPolicies, onOff);
  fields.put('compression', template.ipComp, onOff);
  fields.put('SHA2-256 cut to 96 bits', template.sha256Truncated, onOff);
  fields.put('deleted when idle', template.inactivitySeconds, seconds);
}

function childProposalText({
  name,
  protocol,
  encryption,
  authentication,
  keyExchange = [],
  esn,
}: ChildProposal): string {
  const parts = [
    protocol,
    names(encryption),
    names(authentication),
    names(keyExchange),
    esn.includes('esn') ? 'ESN' : '',
  ];
  const text = parts.filter(Boolean).join(' / ');
  return text.replaceAll(/[ /,]+/g, ' ') === name.replaceAll(/[ /,]+/g, ' ') ? text : `${name}: ${text}`;
}

function writtenAt({ at, name }: ChildProposal | IkeProposal): Origin {
  return at ? { kind: 'explicit', at } : { kind: 'builtin', what: `proposals of the product (${name})` };
}

function padFields(entry: PadEntry): readonly DescribedField[] {
  const fields = new Fields(entry.source);
  fields.plain('peer', formatRange(entry.remote));
  for (const range of entry.local ?? []) fields.plain('own address', formatRange(range));
  fields.put('priority', entry.priority);
  fields.put('IKE versions', entry.ikeVersions, (versions) => versions.join(', then '));
  if (entry.ikeVersions.value.includes(1)) fields.put('exchange', entry.exchange);
  fields.put('own method', entry.localMethod);
  fields.put('peer’s method', entry.remoteMethod);
  for (const round of entry.localRounds ?? []) fields.put('own further method', round.method);
  for (const round of entry.remoteRounds ?? []) fields.put('peer’s further method', round.method);
  fields.put('own identity', entry.localId, ({ type, value }) => `${type} ${value ?? '(from the certificate)'}`);
  fields.put('peer’s identity', entry.remoteId, formatIdentityPattern);
  fields.put('preshared key', entry.presharedKey, (key) => (key.kind === 'literal' ? '[secret]' : `from ${key.kind}`));
  for (const file of entry.certificates ?? []) fields.put('own certificate', file);
  for (const file of entry.remoteCertificates ?? []) fields.put('peer’s certificate', file);
  for (const file of entry.authorities ?? []) fields.put('authority', file);
  fields.put('NAT traversal', entry.natTraversal, (value) => value.toLowerCase());
  fields.put('DPD', entry.dpdSeconds, (value) => (value === 0 ? 'off' : `${value} s`));
  fields.put('fragmentation', entry.fragmentation, onOff);
  fields.put('MOBIKE', entry.mobike, onOff);
  fields.put('uniqueness', entry.uniqueness);
  fields.put('childless', entry.childless);
  return fields.list;
}

function ikeFields(policy: IkePolicy): readonly DescribedField[] {
  const fields = new Fields(policy.source);
  fields.plain('version', String(policy.version));
  fields.plain('peer', formatRange(policy.remote));
  fields.put('priority', policy.priority);
  for (const proposal of policy.proposals) {
    const { encryption, authentication, prf, keyExchange } = proposal;
    const text = [encryption, authentication, prf, keyExchange].map(names).filter(Boolean).join(' / ');
    fields.plain('proposal', text, writtenAt(proposal));
  }
  fields.put('lifetime', policy.lifetimeSeconds, seconds);
  fields.put('rekeyed after', policy.rekeySeconds, seconds);
  fields.put('reauthenticated after', policy.reauthenticationSeconds, seconds);
  return fields.list;
}

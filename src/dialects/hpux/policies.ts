/** Host policies and tunnels of the record language, from the entries of an SPD. */
import type { Dialect } from '../../model/language/dialect.js';
import { isIn } from '../../model/language/dialect.js';
import { selectorsMax, transformListLimits } from '../../model/language/limits.js';
import { hasTypes } from '../../model/packet.js';
import { anyPort, type Interval } from '../../model/selector/box.js';
import type { ChildProposal, ManualSa, SaTemplate, SpdEntry } from '../../model/system-config.js';
import { type EndPart, prefixesOf, type SelectorPart, selectorParts } from '../common/selector-parts.js';
import { typeArguments } from './types.js';
import {
  addressWord,
  groupWord,
  hexWord,
  hostWord,
  protocolWord,
  recordName,
  statement,
  transformWord,
  transformWords,
} from './words.js';

/** What of an entry the language has no word for. */
export interface PolicyLoss {
  readonly entry: SpdEntry;
  readonly message: string;
}

export interface WrittenPolicies {
  readonly statements: readonly string[];
  readonly losses: readonly PolicyLoss[];
  /** Records that were made for each entry. */
  readonly names: ReadonlyMap<SpdEntry, readonly string[]>;
  readonly hasKeys: boolean;
}

/** Statements of one configuration. */
const recordsMax = 100_000;
const priorityStep = 10;

type Argument = readonly [name: string, value: string];

/** Writes the entries in their order, which the priorities then have. */
export function writePolicies(entries: readonly SpdEntry[], dialect: Dialect): WrittenPolicies {
  const writer = new PolicyWriter(dialect);
  for (const entry of entries) writer.entry(entry);
  return writer;
}

class PolicyWriter implements WrittenPolicies {
  readonly statements: string[] = [];
  readonly losses: PolicyLoss[] = [];
  readonly names = new Map<SpdEntry, string[]>();
  hasKeys = false;
  readonly #hostNames = new Set<string>();
  readonly #tunnelNames = new Set<string>();
  /** Names of tunnels by their arguments: entries share them. */
  readonly #tunnels = new Map<string, string>();
  #priority = 0;

  constructor(readonly dialect: Dialect) {}

  entry(entry: SpdEntry): void {
    const { action } = entry;
    if (action.kind !== 'PROTECT') {
      this.#hosts(entry, entry.selectors, [['action', action.kind === 'BYPASS' ? 'PASS' : 'DISCARD']]);
      return;
    }
    const transport = action.bundle.filter(({ mode }) => mode === 'transport');
    const tunnels = action.bundle.filter(({ mode }) => mode === 'tunnel');
    const args: Argument[] = [];
    const flags: string[] = [];
    if (action.populateFromPacket) flags.push('EXCLUSIVE');
    if (action.fallbackToClear) {
      if (isIn(this.dialect, { since: 'A.03.00' })) flags.push('FALLBACK_TO_CLEAR');
      else
        this.#lose(entry, 'the language has no word for clear text when IKE fails, and the packets are dropped then');
    }
    const transforms = this.#transforms(entry, transport);
    const [tunnel] = tunnels;
    const name = transforms === undefined || !tunnel ? undefined : this.#tunnel(entry, tunnel);
    if (transforms === undefined || (tunnel && name === undefined)) {
      this.#dropped(entry);
      return;
    }
    if (tunnels.length > 1) this.#lose(entry, 'only the innermost of its tunnels is written: a policy has one');
    if (name !== undefined) args.push(['tunnel', name]);
    args.push(['action', transforms === '' ? 'PASS' : transforms]);
    const [own] = transport;
    if (own) args.push(...this.#saArguments(own));
    if (flags.length > 0) args.push(['flags', flags.join('+')]);
    this.#hosts(entry, entry.selectors, args);
  }

  #dropped(entry: SpdEntry): void {
    this.#lose(entry, 'its packets are dropped instead');
    this.#hosts(entry, entry.selectors, [['action', 'DISCARD']]);
  }

  #lose(entry: SpdEntry, message: string): void {
    if (!this.losses.some((known) => known.entry === entry && known.message === message))
      this.losses.push({ entry, message });
  }

  /** One record for each part of the selectors. */
  #hosts(entry: SpdEntry, region: SpdEntry['selectors'], args: readonly Argument[]): void {
    const names: string[] = [];
    for (const part of withoutTypes(selectorParts(region, undefined, {}))) {
      for (const selectors of this.#selectors(entry, part, region)) {
        if (this.statements.length >= recordsMax) {
          this.#lose(entry, `is left out: more than ${recordsMax} records`);
          break;
        }
        this.#priority += priorityStep;
        const name = recordName(entry.source.record.name, this.#hostNames);
        names.push(name);
        this.statements.push(
          statement(`add host ${name}`, [...selectors, ['priority', String(this.#priority)], ...args]),
        );
      }
    }
    this.names.set(entry, names);
  }

  /** Sources, destinations, protocol and types of one or more records. */
  #selectors(entry: SpdEntry, part: SelectorPart, region: SpdEntry['selectors']): readonly (readonly Argument[])[] {
    const protocol = part.local.protocol || part.remote.protocol;
    const types = typeArguments(part, region);
    if (!types) {
      this.#lose(entry, 'single codes of messages, or other sets of protocols, are no selectors of a record');
      return [];
    }
    const ends = (end: EndPart, name: string) => {
      const ports = hasTypes(protocol) ? anyPort : portsOf(end);
      return this.#ranges(end, ports).map((range): Argument => [name, addressWord(range, ports)]);
    };
    const rest: Argument[] = [];
    if (protocol !== 0) rest.push(['protocol', protocolWord(protocol, this.dialect)]);
    return chunks(ends(part.local, 'source'), this.#perRecord).flatMap((sources) =>
      chunks(ends(part.remote, 'destination'), this.#perRecord).map((destinations) => [
        ...sources,
        ...destinations,
        ...rest,
        ...types,
      ]),
    );
  }

  get #perRecord(): number {
    return isIn(this.dialect, { since: 'A.03.00' }) ? selectorsMax : 1;
  }

  /** A range with ports would be written with an empty prefix, of which the product's guides contradict each other. */
  #ranges({ ranges }: EndPart, { lo, hi }: Interval): EndPart['ranges'] {
    const hasPort = lo !== anyPort.lo || hi !== anyPort.hi;
    return isIn(this.dialect, { since: 'A.03.00' }) && !hasPort ? ranges : prefixesOf(ranges);
  }

  /** The list of transforms of SAs in transport mode; '' where there are none, undefined where no word says them. */
  #transforms(entry: SpdEntry, transport: readonly SaTemplate[]): string | undefined {
    const [inner, outer, ...more] = transport;
    if (!inner) return '';
    if (!outer) return this.#list(entry, inner.proposals);
    const [esp] = inner.proposals;
    const [ah] = outer.proposals;
    const mayNest = isIn(this.dialect, { until: 'A.02' });
    if (more.length > 0 || !mayNest || esp?.protocol !== 'ESP' || ah?.protocol !== 'AH') {
      this.#lose(entry, 'one SA around another in transport mode is not in this version of the language');
      return undefined;
    }
    const words = [ah, esp].map(({ protocol, encryption, authentication }) =>
      transformWord(protocol, encryption[0], authentication[0], this.dialect),
    );
    if (words.some((word) => word === undefined)) return undefined;
    return words.join('+');
  }

  #list(entry: SpdEntry, proposals: readonly ChildProposal[]): string | undefined {
    const protocol = proposals[0]?.protocol ?? 'ESP';
    const words = [
      ...new Set(
        proposals.filter((one) => one.protocol === protocol).flatMap((one) => transformWords(one, this.dialect)),
      ),
    ];
    const limits = transformListLimits[this.dialect];
    const limit = protocol === 'AH' ? limits.ah : limits.esp;
    if (words.length > limit) this.#lose(entry, `only the first ${limit} of ${words.length} transforms are written`);
    if (words.length === 0) {
      this.#lose(
        entry,
        `the language has no transform for ${proposals.map(({ name }) => name).join(', ') || 'no proposal'}`,
      );
      return undefined;
    }
    return words.slice(0, limit).join(',');
  }

  #tunnel(entry: SpdEntry, template: SaTemplate): string | undefined {
    const list = this.#list(entry, template.proposals);
    if (list === undefined) return undefined;
    const { localEndpoint, remoteEndpoint } = template;
    const parts = selectorParts(template.selectors, template.lists, {
      ...(localEndpoint ? { local: localEndpoint } : {}),
      ...(remoteEndpoint ? { remote: remoteEndpoint } : {}),
    });
    const choices = withoutTypes(parts).flatMap((part) => this.#selectors(entry, part, template.selectors));
    const [selectors] = choices;
    if (!selectors) return undefined;
    if (choices.length > 1)
      this.#lose(entry, 'a tunnel has one list of selectors, and only the first of these is written');
    const args: Argument[] = [
      ...(localEndpoint ? [['tsource', hostWord(localEndpoint)] as const] : []),
      ...(remoteEndpoint ? [['tdestination', hostWord(remoteEndpoint)] as const] : []),
      ...selectors,
      ['action', list],
      ...this.#saArguments(template),
    ];
    const key = JSON.stringify(args);
    const known = this.#tunnels.get(key);
    if (known !== undefined) return known;
    const name = recordName(template.source.record.name, this.#tunnelNames);
    this.#tunnels.set(key, name);
    this.statements.push(statement(`add tunnel ${name}`, args));
    return name;
  }

  /** Manual keys, and what only the extended dialect says of SAs. */
  #saArguments(template: SaTemplate): readonly Argument[] {
    const { manual, pfsGroups, antiReplayWindow, start, mark, ifId, proposals } = template;
    const args: Argument[] = [];
    if (manual) {
      this.hasKeys = true;
      args.push(['in', manualWord(manual.inbound)], ['out', manualWord(manual.outbound)]);
    }
    if (this.dialect !== 'extended') return args;
    const groups = pfsGroups?.value.flatMap((group) => groupWord(group, this.dialect) ?? []) ?? [];
    if (groups.length > 0) args.push(['pfs_group', groups.join(',')]);
    const esn = new Set(proposals.flatMap((proposal) => proposal.esn));
    if (esn.has('esn')) args.push(['esn', esn.has('no-esn') ? 'BOTH' : 'ON']);
    if (antiReplayWindow) args.push(['replay_window', String(antiReplayWindow.value)]);
    if (start) args.push(['start', start.value]);
    if (mark?.value) args.push(['mark', String(mark.value)]);
    if (ifId?.value) args.push(['if_id', String(ifId.value)]);
    return args;
  }
}

/** Parts that differ in the types of messages only are one record, which has lists of types. */
function withoutTypes(parts: readonly SelectorPart[]): readonly SelectorPart[] {
  const seen = new Set<string>();
  return parts.filter(({ local, remote }) => {
    const protocol = local.protocol || remote.protocol;
    if (!hasTypes(protocol)) return true;
    const key = [
      protocol,
      ...[local, remote].flatMap(({ ranges }) => ranges.map(({ first, last }) => `${first}-${last}`)),
    ];
    return !seen.has(key.join(' ')) && seen.add(key.join(' '));
  });
}

function portsOf({ protocol, ports }: EndPart): EndPart['ports'] {
  return protocol === 0 ? anyPort : ports;
}

function manualWord({ protocol, spi, authenticationKey, encryptionKey, iv }: ManualSa): string {
  const parts = [protocol, String(spi), hexWord(authenticationKey)];
  if (protocol === 'ESP') {
    parts.push(encryptionKey ? hexWord(encryptionKey) : '');
    if (iv) parts.push(`0x${[...iv].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`);
  }
  while (parts.at(-1) === '') parts.pop();
  return parts.join('/');
}

function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

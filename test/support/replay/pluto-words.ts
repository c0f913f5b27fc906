/** What pluto writes into its log of SAs that have come about, as facts that can be compared: its own names, without numbers. */
import type { ChildSaDescription } from '../../../src/engine/event.js';
import type { TraceEntry } from '../../../src/engine/sim/trace.js';
import { formatAddress, rangeToPrefixes } from '../../../src/model/address.js';
import type { ChosenTransforms } from '../../../src/model/proposal.js';
import type { TrafficSelector } from '../../../src/model/traffic-selector.js';

/** One thing that a log tells, or that a simulated host would write into it. */
export interface Fact {
  /** Without the number of a child or an instance. */
  readonly connection: string;
  readonly text: string;
}

/** The facts that the lines of a host's log tell, in their order. */
export function factsOfLog(lines: readonly string[]): Fact[] {
  const blocked = new Set(
    lines.flatMap((line) => [...line.matchAll(/([0-9a-f.:]+\/\d+)\(block\)/g)].map(([, selector]) => selector!)),
  );
  return lines.flatMap((line): Fact[] => {
    const connection = baseName(/^"([^"]+)"/.exec(line)?.[1] ?? '');
    const text = factOfLine(line, blocked);
    return text === undefined ? [] : [{ connection, text }];
  });
}

function factOfLine(line: string, blocked: ReadonlySet<string>): string | undefined {
  const init = /processed IKE_SA_INIT response from .* \{(.*)\}, initiating/.exec(line);
  if (init) return `IKEv2 ${init[1]}`;
  const isakmp = /(?:ISAKMP|IKE) SA established \{(auth=.*)\}/.exec(line);
  if (isakmp) return `IKEv1 ${isakmp[1]}`;
  const child =
    /initiator established Child SA using #\d+; IPsec (tunnel|transport) \[(.*)\] \{(\w+(?:\/ESN)?)\S*=>.* xfrm=(\S+)/.exec(
      line,
    );
  if (child) {
    const [, mode, selectors = '', protocol, xfrm] = child;
    const pairs = selectors.split('] [').filter((pair) => !pair.split('===').some((end) => blocked.has(end)));
    return `child ${mode} ${pairs.sort().join(' ')} ${protocol} ${xfrm}`;
  }
  const quick = /IPsec SA established (tunnel|transport) mode \{(\w+)\S*=>.* xfrm=(\S+)/.exec(line);
  return quick ? `quick ${quick[1]} ${quick[2]} ${quick[3]}` : undefined;
}

/** `road/1x2` is a child of `road`. */
export function baseName(name: string): string {
  return name.replace(/\/(?:0x)?\d+(?:x\d+)?$/, '');
}

/** The same facts of a simulated host. */
export function factsOfTrace(
  trace: readonly TraceEntry[],
  host: string,
  role: 'initiator' | 'responder' = 'initiator',
): Fact[] {
  const methods = new Map<string, string>();
  return trace.flatMap((entry): Fact[] => {
    if (entry.host !== host || entry.kind !== 'event') return [];
    const { event } = entry;
    if (event.kind === 'authentication' && event.of === 'peer') methods.set(host, event.method);
    if (event.kind === 'proposals' && event.of === 'IKE' && event.role === role) {
      const { selection } = event;
      // IKEv1's is told when the SA is there.
      if (selection.kind !== 'selected' || !isVersion2(selection.transforms)) return [];
      return [{ connection: event.own.record.name, text: `IKEv2 ${ikeWords(selection.transforms)}` }];
    }
    if (event.kind === 'ike-sa' && event.change === 'established' && event.sa.role === role) {
      const { name, transforms, pad } = event.sa;
      if (name.version === 2) return [];
      const text = `IKEv1 auth=${methodWord(methods.get(host))} ${ike1Words(transforms)}`;
      return [{ connection: pad.record.name, text }];
    }
    if (event.kind === 'child-sa' && event.change === 'established' && event.sa.role === role)
      return [{ connection: baseName(event.sa.template.record.name), text: childFact(event.sa) }];
    return [];
  });
}

/** In IKEv1 the hash is the PRF, and there is no integrity algorithm beside it. */
function isVersion2({ integrity, encryption }: ChosenTransforms): boolean {
  return integrity !== undefined || encryption?.icvOctets !== undefined;
}

function methodWord(method: string | undefined): string {
  return method === 'PSK' ? 'PRESHARED_KEY' : method === 'RSASIG' ? 'RSA_SIG' : (method ?? 'nothing');
}

function childFact({ name, mode, protocol, transforms, selectors, udpEncapsulation }: ChildSaDescription): string {
  const { keyExchange } = transforms;
  // The group is written for ESP alone.
  const group = keyExchange && name.ikeSa.version === 2 && protocol === 'ESP' ? `-${groupWord(transforms)}` : '';
  const words = [cipherWord(transforms), integrityWord(transforms)].filter((word) => word !== undefined);
  const xfrm = `${words.join('-')}${group}`;
  const how = `${protocol}${udpEncapsulation ? 'inUDP' : ''}`;
  if (name.ikeSa.version === 1) return `quick ${mode} ${how} ${xfrm}`;
  const pairs = selectors.local.flatMap((local) =>
    selectors.remote
      .filter((remote) => remote.range.family === local.range.family)
      .map((remote) => `${selectorWord(local)}===${selectorWord(remote)}`),
  );
  return `child ${mode} ${pairs.sort().join(' ')} ${how}${transforms.esn === 'esn' ? '/ESN' : ''} ${xfrm}`;
}

function ikeWords(transforms: ChosenTransforms): string {
  const { prf } = transforms;
  const integrity = transforms.integrity ? integrityWord(transforms) : 'n/a';
  const cipher = cipherWord(transforms)?.replace(/^CHACHA20_POLY1305$/, '$&_256');
  return `cipher=${cipher} integ=${integrity} prf=${(prf?.name ?? '').replaceAll('-', '_')} ke=${groupWord(transforms)}`;
}

function ike1Words(transforms: ChosenTransforms): string {
  const cipher = cipherWord(transforms) === '3DES_CBC' ? '3DES_CBC_192' : cipherWord(transforms);
  return `cipher=${cipher} integ=${(transforms.prf?.name ?? '').replaceAll('-', '_')} group=${groupWord(transforms)}`;
}

function cipherWord({ encryption }: ChosenTransforms): string | undefined {
  return encryption?.name.replaceAll('-', '_').replace(/^AES_GMAC/, 'NULL_AUTH_AES_GMAC');
}

function integrityWord({ integrity }: ChosenTransforms): string | undefined {
  return integrity?.name.replaceAll('-', '_');
}

function groupWord({ keyExchange }: ChosenTransforms): string {
  if (!keyExchange) return 'NONE';
  return keyExchange.kind === 'MODP' && keyExchange.id < 22
    ? keyExchange.name.replaceAll('-', '')
    : `DH${keyExchange.id}`;
}

function selectorWord({ range, protocol, ports }: TrafficSelector): string {
  const prefixes = rangeToPrefixes(range);
  const [only] = prefixes;
  const addresses =
    prefixes.length === 1 && only
      ? `${formatAddress(range.family, only.first)}/${only.prefixLength}`
      : `${formatAddress(range.family, range.first)}-${formatAddress(range.family, range.last)}`;
  if (protocol === 0) return addresses;
  const name = protocolWords[protocol] ?? String(protocol);
  return `${addresses}/${name}${ports.lo === 0 && ports.hi === 65_535 ? '' : `/${ports.lo}`}`;
}

const protocolWords: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 47: 'GRE' };

/** How the explanation of a packet is shown. */
import { formatAddress, formatRange } from '../model/address.js';
import { describeOrigin } from '../model/origin.js';
import { formatPacket } from '../model/packet.js';
import type { PacketExplanation, SaExplanation, Search } from '../model/query.js';
import { formatPlace } from '../model/span.js';
import type { EntrySource, SpdAction } from '../model/system-config.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { wrapLines } from './wrap.js';

export interface QueryRenderOptions {
  readonly style?: Style;
  /** How many passed-over entries of each search are shown; the nearest to the match come last and are kept. */
  readonly passedOverMax?: number;
  /** Columns of the terminal; without it nothing wraps. */
  readonly width?: number;
}

/** Lines of text, without line breaks. */
export function* renderQuery(
  system: string,
  explanation: PacketExplanation,
  options: QueryRenderOptions = {},
): Generator<string> {
  const { width } = options;
  yield* wrapLines(verdictLines(system, explanation, options), width, { under: 9 });
  const context = { style: options.style ?? plainStyle, max: options.passedOverMax ?? 10 };
  const policies = renderSearch(
    'policies',
    explanation.spd,
    (entry) => `${describe(entry.source)}${entry.priority ? ` (priority ${entry.priority.value})` : ''}`,
    context,
  );
  yield* wrapLines(policies, width);
  for (const [index, sa] of explanation.sas.entries()) {
    yield '';
    yield* wrapLines(saLines(sa, index + 1, context.style), width, { under: 17 });
    yield* wrapLines(saSearches(sa, context), width);
  }
}

interface Context {
  readonly style: Style;
  readonly max: number;
}

function* verdictLines(
  system: string,
  { packet, spd, verdict, remark }: PacketExplanation,
  options: QueryRenderOptions,
): Generator<string> {
  const style = options.style ?? plainStyle;
  yield `${style.bold('packet')}   ${formatPacket(packet)}`;
  yield `${style.bold('system')}   ${visible(system)}`;
  const paint = verdict === 'PROTECT' ? style.green : verdict === 'DISCARD' ? style.red : style.yellow;
  yield `${style.bold('verdict')}  ${paint(verdictWord(verdict))}${spd.found ? ` by ${describe(spd.found.source)}` : ''}`;
  if (remark) yield `         ${visible(remark)}`;
  if (spd.found?.priority)
    yield `         priority ${spd.found.priority.value} (${visible(describeOrigin(spd.found.priority.origin))})`;
}

function verdictWord(verdict: PacketExplanation['verdict']): string {
  return { BYPASS: 'PASS in the clear', DISCARD: 'DISCARD', PROTECT: 'PROTECT' }[verdict];
}

function* renderSearch<E>(
  what: string,
  search: Search<E>,
  name: (entry: E) => string,
  { max, style }: Context,
): Generator<string> {
  const { passedOver, found } = search;
  if (passedOver.length === 0) return;
  const skipped = passedOver.length - max;
  yield `${style.bold(what)}: ${passedOver.length} considered before${found ? '' : ', none fits'}`;
  if (skipped > 0) yield style.dim(`  ... ${skipped} more (--all shows them)`);
  for (const { entry, because } of passedOver.slice(Math.max(0, skipped))) {
    yield `  ${visible(name(entry))} ${style.dim(`passed over: ${visible(because.join('; '))}`)}`;
  }
}

function* saLines(sa: SaExplanation, number: number, style: Style): Generator<string> {
  const { template, peer, pad, ikeVersion, ikePolicy } = sa;
  const ends =
    template.mode === 'tunnel' ? ` ${endpoint(template.localEndpoint)} to ${endpoint(template.remoteEndpoint)}` : '';
  yield `${style.bold(`SA ${number}`)}     ${template.mode} mode${ends}, from ${describe(template.source)}`;
  yield `  transforms     ${template.proposals.map((proposal) => proposal.name).join(', ')}`;
  if (!sa.selectorsFit) yield `  ${style.red('does not fit')}   ${visible(sa.selectorsBecause.join('; '))}`;
  if (template.manual) {
    yield `  manual keys    SPI ${template.manual.inbound.spi} in, ${template.manual.outbound.spi} out`;
    return;
  }
  if (peer) yield `  peer           ${formatAddress(peer.family, peer.value)}`;
  if (pad) {
    yield `  authentication ${pad.found ? `${describe(pad.found.source)} for ${formatRange(pad.found.remote)}` : style.red('no record matches: IKE cannot start')}`;
    if (pad.found) {
      yield `                 ${pad.found.localMethod.value} to the peer, ${pad.found.remoteMethod.value} from it${pad.found.respondOnly ? '; this system only responds' : ''}`;
    }
  }
  if (ikeVersion) {
    const versions = pad?.found?.ikeVersions.value.map((version) => `IKEv${version}`).join(', ');
    yield `  IKE            version ${ikeVersion} (${versions})${ikeVersion === 1 ? `, ${pad?.found?.exchange.value} mode` : ''}`;
    yield `  IKE policy     ${
      ikePolicy?.found
        ? `${describe(ikePolicy.found.source)}: ${ikePolicy.found.proposals
            .map((proposal) => proposal.name)
            .slice(0, 3)
            .join(', ')}`
        : style.red('none matches')
    }`;
  }
}

function* saSearches({ template, pad, ikePolicy }: SaExplanation, context: Context): Generator<string> {
  if (template.manual) return;
  if (pad) yield* renderSearch('  authentication records', pad, (entry) => describe(entry.source), context);
  if (ikePolicy) yield* renderSearch('  IKE policies', ikePolicy, (entry) => describe(entry.source), context);
}

function endpoint(address: { family: 4 | 6; value: number | bigint } | undefined): string {
  return address ? formatAddress(address.family, address.value) : "the packet's address";
}

function describe({ record, at }: EntrySource): string {
  const kind = record.kind === 'builtin' ? 'built-in' : record.kind;
  return `${kind} '${visible(record.name)}'${at?.source.path ? ` (${visible(formatPlace(at))})` : ''}`;
}

/** The explanation as data for `--json`. */
export function queryDocument(system: string, explanation: PacketExplanation) {
  const { packet, spd, sas, verdict, remark } = explanation;
  return {
    system,
    packet: {
      direction: packet.direction,
      local: formatAddress(packet.family, packet.local),
      remote: formatAddress(packet.family, packet.remote),
      protocol: packet.protocol,
      ...(packet.localPort === undefined ? {} : { localPort: packet.localPort, remotePort: packet.remotePort }),
      ...(packet.type === undefined ? {} : { type: packet.type, code: packet.code ?? 0 }),
    },
    verdict,
    ...(remark ? { remark } : {}),
    policy: searchDocument(spd, (entry) => ({
      ...(entry.priority
        ? { priority: entry.priority.value, priorityOrigin: describeOrigin(entry.priority.origin) }
        : {}),
      action: actionWord(entry.action),
    })),
    sas: sas.map((sa) => ({
      mode: sa.template.mode,
      record: sa.template.source.record,
      transforms: sa.template.proposals.map((proposal) => proposal.name),
      selectorsFit: sa.selectorsFit,
      selectorsBecause: sa.selectorsBecause,
      ...(sa.template.manual
        ? { manual: { inboundSpi: sa.template.manual.inbound.spi, outboundSpi: sa.template.manual.outbound.spi } }
        : {}),
      ...(sa.peer ? { peer: formatAddress(sa.peer.family, sa.peer.value) } : {}),
      ...(sa.pad
        ? {
            authentication: searchDocument(sa.pad, (entry) => ({
              remote: formatRange(entry.remote),
              localMethod: entry.localMethod.value,
              remoteMethod: entry.remoteMethod.value,
              ikeVersions: entry.ikeVersions.value,
              exchange: entry.exchange.value,
              respondOnly: entry.respondOnly,
            })),
          }
        : {}),
      ...(sa.ikeVersion ? { ikeVersion: sa.ikeVersion } : {}),
      ...(sa.ikePolicy
        ? {
            ikePolicy: searchDocument(sa.ikePolicy, (entry) => ({
              proposals: entry.proposals.map((proposal) => proposal.name),
            })),
          }
        : {}),
    })),
  };
}

function actionWord(action: SpdAction): string {
  return action.kind;
}

function searchDocument<E extends { readonly source: EntrySource }>(search: Search<E>, facts: (entry: E) => object) {
  const name = ({ record, at }: EntrySource) => {
    if (!at?.source.path) return { ...record };
    const { line, column } = at.source.position(at.start);
    return { ...record, path: at.source.path, line, column };
  };
  return {
    ...(search.found ? { found: { ...name(search.found.source), ...facts(search.found) } } : {}),
    passedOver: search.passedOver.map(({ entry, because }) => ({ ...name(entry.source), because })),
  };
}

/** Tables of a daemon's SAs, with what HP-UX's `ipsec_report -sa` shows of them. */
import { plainStyle, type Style } from './style.js';
import { renderTable } from './table.js';
import { visible } from './visible.js';

export interface IkeSaView {
  readonly id: string;
  readonly version: 1 | 2;
  readonly role: string;
  readonly local: string;
  readonly remote: string;
  readonly peerId?: string;
  readonly algorithms: string;
  readonly since: string;
}

export interface ChildSaView {
  readonly id: string;
  readonly ikeSa: string;
  readonly protocol: string;
  readonly mode: string;
  readonly remote: string;
  readonly inboundSpi: string;
  readonly outboundSpi: string;
  readonly algorithms: string;
  readonly record: string;
  readonly inbound?: { readonly packets: number; readonly octets: number };
  readonly outbound?: { readonly packets: number; readonly octets: number };
}

export interface SaListOptions {
  readonly style?: Style;
  readonly width?: number;
}

/** Lines of text, without line breaks. */
export function* renderSaList(
  { ikeSas, childSas }: { readonly ikeSas: readonly IkeSaView[]; readonly childSas: readonly ChildSaView[] },
  options: SaListOptions = {},
): Generator<string> {
  const { bold } = options.style ?? plainStyle;
  yield bold(ikeSas.length === 0 ? 'no IKE SAs' : 'IKE SAs');
  if (ikeSas.length > 0) {
    yield* renderTable(
      [
        { header: 'id' },
        { header: 'version' },
        { header: 'role' },
        { header: 'peer' },
        { header: 'algorithms' },
        { header: 'since' },
      ],
      ikeSas.map((sa) => [
        sa.id,
        `IKEv${sa.version}`,
        sa.role,
        sa.peerId === undefined ? sa.remote : `${sa.peerId} at ${sa.remote}`,
        sa.algorithms,
        sa.since,
      ]),
      options,
    );
  }
  yield '';
  yield bold(childSas.length === 0 ? 'no SA pairs' : 'SA pairs');
  if (childSas.length === 0) return;
  yield* renderTable(
    [
      { header: 'id' },
      { header: 'by' },
      { header: 'record' },
      { header: 'SA' },
      { header: 'peer' },
      { header: 'SPI in' },
      { header: 'SPI out' },
      { header: 'algorithms' },
      { header: 'in', align: 'right' },
      { header: 'out', align: 'right' },
    ],
    childSas.map((sa) => [
      sa.id,
      sa.ikeSa,
      sa.record,
      `${sa.protocol} ${sa.mode}`,
      sa.remote,
      sa.inboundSpi,
      sa.outboundSpi,
      sa.algorithms,
      sa.inbound ? String(sa.inbound.packets) : '-',
      sa.outbound ? String(sa.outbound.packets) : '-',
    ]),
    options,
  );
}

/** All fields of one SA, one a line. */
export function* renderSa(sa: object, style: Style = plainStyle): Generator<string> {
  for (const [name, value] of Object.entries(sa)) {
    yield `${style.bold(name.padEnd(18))} ${visible(typeof value === 'object' ? flat(value as object) : String(value))}`;
  }
}

function flat(value: object): string {
  if (Array.isArray(value)) return value.join(', ');
  return Object.entries(value)
    .map(([name, each]) => `${name} ${String(each)}`)
    .join(', ');
}

/** The cache of verdicts as a table, with the columns of HP-UX's `ipsec_report -cache`. */
import { plainStyle, type Style } from './style.js';
import { renderTable } from './table.js';
import { visible } from './visible.js';

export interface CacheView {
  readonly entries: readonly {
    readonly record: number;
    readonly cookie: number;
    readonly policy: string;
    readonly direction: string;
    readonly protocol: string;
    readonly source: string;
    readonly sourcePort?: number;
    readonly destination: string;
    readonly destinationPort?: number;
    readonly type?: number;
    readonly code?: number;
    readonly action: string;
    readonly sa?: {
      readonly type: string;
      readonly spi: string;
      readonly state: string;
      readonly tunnel: boolean;
      readonly source: string;
      readonly destination: string;
    };
  }[];
  readonly note?: string;
}

/** Lines of text, without line breaks. */
export function* renderCache(
  { entries, note }: CacheView,
  options: { readonly style?: Style; readonly width?: number } = {},
): Generator<string> {
  const { bold } = options.style ?? plainStyle;
  yield bold(entries.length === 0 ? 'no cached verdicts' : 'cached verdicts');
  if (entries.length > 0) {
    yield* renderTable(
      [
        { header: '#', align: 'right' },
        { header: 'cookie', align: 'right' },
        { header: 'policy' },
        { header: 'dir' },
        { header: 'protocol' },
        { header: 'source' },
        { header: 'destination' },
        { header: 'action' },
        { header: 'SA' },
        { header: 'tunnel' },
        { header: 'state' },
      ],
      entries.map((each) => [
        String(each.record),
        String(each.cookie),
        each.policy,
        each.direction === 'outbound' ? 'out' : 'in',
        each.type === undefined ? each.protocol : `${each.protocol} ${each.type}/${each.code ?? 0}`,
        end(each.source, each.sourcePort),
        end(each.destination, each.destinationPort),
        each.action,
        each.sa ? `${each.sa.type} ${each.sa.spi}` : '',
        each.sa?.tunnel ? `${each.sa.source} > ${each.sa.destination}` : '',
        each.sa?.state ?? '',
      ]),
      options,
    );
  }
  if (note !== undefined) yield visible(note);
}

function end(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

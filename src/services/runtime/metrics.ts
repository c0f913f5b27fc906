/** What a daemon counts, in the text format that Prometheus reads (exposition format 0.0.4). No key, no identity, no address. */
import type { DataPathTotals } from '../../backends/userspace/report.js';
import type { LiveFact } from './live-system.js';
import type { ChildSaDocument, SaListDocument } from './sa-document.js';

/** Counts what happens; `text` says how it stands. */
export interface Metrics {
  note(fact: LiveFact): void;
  text(state: MetricsState): string;
}

export interface MetricsState {
  readonly sas: SaListDocument;
  readonly totals?: DataPathTotals;
  readonly startedAt: Date;
  readonly dataPath: string;
  /** False while it has failed and is started again. */
  readonly isDataPathUp: boolean;
  readonly version: string;
}

/** SA pairs that have lines of their own; more of them would be more than anybody's database wants. */
const saPairsMax = 1_000;

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Counters at zero. */
export function createMetrics(): Metrics {
  const counts = { established: 0, rekeyed: 0, moved: 0, closed: 0 };
  const ike = { ...counts };
  const child = { ...counts };
  const failures = new Map<string, number>();
  const messages = { sent: 0, repeated: 0, received: 0, ignored: 0 };
  let requests = 0;
  let troubles = 0;
  return {
    note(fact) {
      switch (fact.kind) {
        case 'sent':
          messages.sent += 1;
          if (fact.output.content.repetition > 0) messages.repeated += 1;
          return;
        case 'request':
          requests += 1;
          return;
        case 'trouble':
          troubles += 1;
          return;
        case 'event':
          break;
        default:
          return;
      }
      const { event } = fact;
      switch (event.kind) {
        case 'received':
          messages.received += 1;
          return;
        case 'ignored':
          messages.ignored += 1;
          return;
        case 'ike-sa':
          ike[event.change] += 1;
          return;
        case 'child-sa':
          child[event.change] += 1;
          return;
        case 'failed': {
          const { code, attempt, foundBy } = event.failure;
          const key = `${code}\n${attempt}\n${foundBy}`;
          failures.set(key, (failures.get(key) ?? 0) + 1);
          return;
        }
        default:
          return;
      }
    },
    text({ sas, totals, startedAt, dataPath, isDataPathUp, version }) {
      const families: Family[] = [
        {
          name: 'ipsec_info',
          type: 'gauge',
          help: 'What runs here.',
          samples: [{ labels: { version, data_path: dataPath }, value: 1 }],
        },
        gauge('process_start_time_seconds', 'When the daemon was started.', startedAt.getTime() / 1000),
        counter('process_cpu_seconds_total', 'Processor time that the daemon has used.', cpuSeconds()),
        gauge('process_resident_memory_bytes', 'Memory of the daemon.', process.memoryUsage.rss()),
        {
          name: 'ipsec_ike_sas',
          type: 'gauge',
          help: 'IKE SAs.',
          samples: [1, 2].map((number) => ({
            labels: { version: String(number) },
            value: sas.ikeSas.filter((sa) => sa.version === number).length,
          })),
        },
        gauge('ipsec_data_path_up', '0 while it has failed and is started again.', isDataPathUp ? 1 : 0),
        gauge('ipsec_child_sas', 'Pairs of ESP or AH SAs.', sas.childSas.length),
        changes(
          'ipsec_ike_sa_changes_total',
          'IKE SAs that were established, rekeyed, moved with their peer, closed.',
          ike,
        ),
        changes(
          'ipsec_child_sa_changes_total',
          'SA pairs that were established, rekeyed, moved with their peer, closed.',
          child,
        ),
        counter('ipsec_requests_total', 'SAs that the data path asked for.', requests),
        {
          name: 'ipsec_failures_total',
          type: 'counter',
          help: 'Negotiations that came to nothing, by reason.',
          samples: [...failures].map(([key, value]) => {
            const [code = '', attempt = '', foundBy = ''] = key.split('\n');
            return { labels: { code, attempt, found_by: foundBy }, value };
          }),
        },
        {
          name: 'ipsec_ike_messages_total',
          type: 'counter',
          help: 'IKE messages: sent (of them repeated), received, ignored.',
          samples: Object.entries(messages).map(([what, value]) => ({ labels: { what }, value })),
        },
        counter('ipsec_troubles_total', 'Faults of sockets, of the data path, of the program.', troubles),
        ...saFamilies(sas.childSas.slice(0, saPairsMax)),
        ...(totals ? dataPathFamilies(totals) : []),
      ];
      return families
        .filter(({ samples }) => samples.length > 0)
        .map(familyText)
        .join('');
    },
  };
}

function saFamilies(childSas: readonly ChildSaDocument[]): Family[] {
  const family = (name: string, help: string, value: 'packets' | 'octets' | 'replays' | 'icvFailures'): Family => ({
    name,
    type: 'counter',
    help,
    samples: childSas.flatMap(({ id, record, inbound, outbound }) =>
      Object.entries({ inbound, outbound }).flatMap(([direction, counters]) =>
        counters ? [{ labels: { sa: id, record, direction }, value: counters[value] }] : [],
      ),
    ),
  });
  return [
    family('ipsec_sa_packets_total', 'Packets of an SA.', 'packets'),
    family('ipsec_sa_bytes_total', 'Octets of an SA.', 'octets'),
    family('ipsec_sa_replays_total', 'Packets of an SA that came twice or too late.', 'replays'),
    family('ipsec_sa_icv_failures_total', 'Packets of an SA that were forged or damaged.', 'icvFailures'),
  ];
}

function dataPathFamilies(totals: DataPathTotals): Family[] {
  const { packetsOut, packetsIn, octetsOut, octetsIn, bypassed, waiting, dropped, details } = totals;
  const directions = (outbound: number, inbound: number) => [
    { labels: { direction: 'outbound' }, value: outbound },
    { labels: { direction: 'inbound' }, value: inbound },
  ];
  return [
    {
      name: 'ipsec_packets_total',
      type: 'counter',
      help: 'Packets that were protected and sent, or received and delivered.',
      samples: directions(packetsOut, packetsIn),
    },
    {
      name: 'ipsec_bytes_total',
      type: 'counter',
      help: 'Their octets: on the wire outbound, delivered inbound.',
      samples: directions(octetsOut, octetsIn),
    },
    counter('ipsec_bypassed_packets_total', 'Packets that policy let pass without protection.', bypassed),
    gauge('ipsec_waiting_packets', 'Packets that wait for their SA.', waiting),
    {
      name: 'ipsec_dropped_packets_total',
      type: 'counter',
      help: 'Packets that went no further, by reason.',
      samples: Object.entries(dropped).map(([reason, value]) => ({ labels: { reason }, value: value ?? 0 })),
    },
    {
      name: 'ipsec_data_path_events_total',
      type: 'counter',
      help: 'What else the data path counts.',
      samples: Object.entries(details)
        .filter(([what]) => !counted.has(what))
        .map(([what, value]) => ({ labels: { what }, value })),
    },
  ];
}

/** Details that have families of their own. */
const counted: ReadonlySet<string> = new Set([
  'packetsOut',
  'octetsOut',
  'packetsIn',
  'octetsIn',
  'bypassed',
  'waiting',
]);

function counter(name: string, help: string, value: number): Family {
  return { name, type: 'counter', help, samples: [{ value }] };
}

function gauge(name: string, help: string, value: number): Family {
  return { name, type: 'gauge', help, samples: [{ value }] };
}

function changes(name: string, help: string, counts: Readonly<Record<string, number>>): Family {
  return {
    name,
    type: 'counter',
    help,
    samples: Object.entries(counts).map(([change, value]) => ({ labels: { change }, value })),
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

/** Backslash, quote and line break, as the format has it. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

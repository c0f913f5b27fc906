/** Lifetimes so short that they wear both sides, a TCP stream meanwhile, and what it told. */
import { ends, type Namespaces } from '../support/netns.js';
import { modernIke, psk, replaceOnce } from './strongswan-case.js';

/** In seconds. */
export interface Lifetimes {
  readonly ike: { readonly rekey: number; readonly over: number };
  readonly child: { readonly rekey: number; readonly life: number };
}

/** Changes swanctl.conf: records have no lifetimes this short (HP-UX: ten minutes), swanctl.conf has, and the runtime reads it. */
export function wornBy({ ike, child }: Lifetimes): (swanctl: string) => string {
  return (text) =>
    replaceOnce(
      replaceOnce(
        text,
        'proposals =',
        `encap = yes\n rekey_time = ${ike.rekey}s\n over_time = ${ike.over}s\n proposals =`,
      ),
      'esp_proposals =',
      `rekey_time = ${child.rekey}s\n life_time = ${child.life}s\n esp_proposals =`,
    );
}

/** The left side of strongSwan's configuration, for our runtime. */
export const ourSwanctl = `connections {
  lab {
    version = 2
    local_addrs = ${ends.left.outer4}
    remote_addrs = ${ends.right.outer4}
    proposals = ${modernIke}
    local { auth = psk
      id = left-psk.example
    }
    remote { auth = psk
      id = right-psk.example
    }
    children {
      net {
        local_ts = 198.18.1.0/24
        remote_ts = 198.18.2.0/24
        esp_proposals = aes128gcm16
        start_action = trap
      }
    }
  }
}
secrets {
  ike-lab { secret = "${psk}"
  }
}
`;

export interface Streamed {
  /** Why it ended early. */
  readonly error?: string;
  readonly sent: number;
  readonly received: number;
  /** Octets of each second, as the sender counts them. */
  readonly seconds: readonly number[];
  readonly retransmits: number;
}

/** One TCP connection from left to right, of so many seconds at so many bits a second (`6M`). */
export async function tcpStream(namespaces: Namespaces, seconds: number, rate: string): Promise<Streamed> {
  const server = namespaces.start('right', ['iperf3', '-s', '-1', '-B', ends.right.inner4]);
  await new Promise((done) => setTimeout(done, 500));
  const client = namespaces.start(
    'left',
    [
      ...['iperf3', '-J', '-c', ends.right.inner4, '-B', ends.left.inner4],
      ...['-t', String(seconds), '-b', rate, '-l', '16K'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let text = '';
  client.stdout?.on('data', (chunk) => {
    text += String(chunk);
  });
  await new Promise((done) => client.once('close', done));
  server.kill();
  const { error, end, intervals } = JSON.parse(text) as {
    error?: string;
    end: { sum_sent?: { bytes: number; retransmits?: number }; sum_received?: { bytes: number } };
    intervals: { sum: { bytes: number } }[];
  };
  return {
    ...(error === undefined ? {} : { error }),
    sent: end.sum_sent?.bytes ?? 0,
    received: end.sum_received?.bytes ?? 0,
    seconds: intervals.map(({ sum }) => sum.bytes),
    retransmits: end.sum_sent?.retransmits ?? 0,
  };
}

/**
 * Plays cases of IKE on the kernel's data path, inside of a guest: policies by `ipsec apply`, keys by our daemon and by ours or
 * another one, packets by the kernel. Prints one line of JSON a case; the test outside judges. play-ike PROGRAM CASES.json
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  batch,
  type Ends,
  makeHosts,
  natEnds,
  natPorts,
  ping,
  pings,
  plainEnds,
  removeHosts,
  run,
  type Seen,
  type Side,
  sides,
  sleep,
  tcpEcho,
  until,
  watch,
} from './hosts.js';
import { type Daemon, ours, type Peer, startCharon, startPluto } from './programs.js';

export interface IkeCase {
  readonly name: string;
  readonly tunnel: boolean;
  readonly version: 1 | 2;
  readonly peer: 'ours' | 'strongswan' | 'libreswan';
  /** Our records. */
  readonly left: string;
  /** Our records, swanctl.conf or ipsec.conf. */
  readonly right: string;
  /** ipsec.secrets. */
  readonly secrets?: string;
  /** Folders of `makePki`, for signatures. */
  readonly pki?: string;
  /** Left is behind a NAT, which gives its flows other ports in the middle. */
  readonly nat?: boolean;
  /** Without the policies that let IKE pass: its sockets must do. */
  readonly withoutExemption?: boolean;
}

export interface IkeOutcome {
  readonly name: string;
  fault?: string;
  up?: boolean;
  tcp?: boolean;
  /** Of 60 echoes while SAs were renewed. */
  received?: number;
  childRekeyed?: boolean;
  ikeRekeyed?: boolean;
  /** After the NAT gave left's flows other ports: echoes from the right, which must find them. */
  followed?: boolean;
  /** `ip xfrm state` of left, keys taken out. */
  state?: string;
  seen?: Readonly<Record<Side, Seen>>;
  statesLeft?: number;
  blockedAfterStop?: boolean;
  rolledBack?: boolean;
  policiesLeft?: number;
  log?: string;
  seconds?: number;
}

async function play(program: string, test: IkeCase): Promise<IkeOutcome> {
  const started = performance.now();
  const result: IkeOutcome = { name: test.name };
  const folder = mkdtempSync(path.join(tmpdir(), 'kernel-case-'));
  const ends = test.nat ? natEnds : plainEnds;
  const daemons: Daemon[] = [];
  let peer: Peer | undefined;
  try {
    makeHosts(ends);
    const own: readonly Side[] = test.peer === 'ours' ? sides : ['left'];
    for (const side of own) {
      const records = path.join(folder, `${side}.conf`);
      writeFileSync(records, test[side], { mode: 0o600 });
      const host = ours(program, side, folder);
      host.apply(records);
      const credentials = test.pki ? ['--credentials', path.join(test.pki, `our-${side}`)] : [];
      daemons.push(await host.startDaemon(records, ...credentials));
      if (test.withoutExemption) removeExemption(side);
    }
    if (test.peer !== 'ours') peer = await startPeer(test, folder);
    await measure(test, ends, folder, daemons, result);
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    const [from, to] = trafficEnds(test, ends);
    result.statesLeft = run(['ip', '-n', 'left', 'xfrm', 'state']).text.match(/spi 0x(?!00000000)/g)?.length ?? 0;
    result.blockedAfterStop = !ping('left', from, to);
    result.rolledBack = ours(program, 'left', folder).ipsec('rollback', '--auto-approve').ok;
    result.policiesLeft = run(['ip', '-n', 'left', 'xfrm', 'policy']).text.match(/^src/gm)?.length ?? 0;
  } catch (error) {
    result.fault = String(error);
  } finally {
    if (!isGood(result)) {
      const logs = [...daemons.map((daemon) => daemon.log()), peer?.log() ?? ''];
      result.log = logs.map((text) => text.slice(-4000)).join('\n----\n');
    }
    for (const daemon of daemons) daemon.child.kill('SIGKILL');
    await peer?.stop();
    removeHosts();
  }
  result.seconds = Math.round((performance.now() - started) / 100) / 10;
  return result;
}

function isGood({ fault, up, childRekeyed, received, followed }: IkeOutcome): boolean {
  return !fault && up === true && childRekeyed === true && received === 60 && followed !== false;
}

function startPeer(test: IkeCase, folder: string): Promise<Peer> {
  if (test.peer === 'strongswan') {
    mkdirSync(path.join(folder, 'swanctl'), { recursive: true });
    if (test.pki) run(['cp', '-r', `${test.pki}/right/.`, path.join(folder, 'swanctl')]);
    return startCharon('right', folder, test.right);
  }
  const key = test.pki
    ? { p12: path.join(test.pki, 'right.p12'), ca: path.join(test.pki, 'right/x509ca/ca.pem') }
    : undefined;
  return startPluto('right', folder, { conf: test.right, secrets: test.secrets ?? '', ...(key ? { key } : {}) });
}

function trafficEnds({ tunnel }: IkeCase, { inner, outer }: Ends): readonly [string, string] {
  const at = tunnel ? inner : outer;
  return [at.left, at.right];
}

/** The policies for UDP 500 and 4500, which `ipsec apply` puts before all others. */
function removeExemption(side: Side): void {
  const policies = run(['ip', '-n', side, 'xfrm', 'policy']).text.split(/\n(?=src)/);
  const exempt = policies.filter((each) => /proto udp [sd]port (500|4500) /.test(each));
  if (exempt.length < 4) throw new Error(`no exemption to remove on ${side}: ${policies.join('\n')}`);
  batch(
    side,
    exempt.map((each) => `xfrm policy delete ${each.split('\n')[0]!.trim()} dir ${/dir (\w+)/.exec(each)![1]}`),
  );
}

async function measure(
  test: IkeCase,
  ends: Ends,
  folder: string,
  [left, right]: readonly Daemon[],
  result: IkeOutcome,
): Promise<void> {
  const [from, to] = trafficEnds(test, ends);
  const watched = await watch(folder);
  result.up = await until(40_000, () => ping('left', from, to));
  if (result.up) {
    result.tcp = await tcpEcho(from, to, 7000);
    const before = await left!.sas();
    const [child] = before.childSas;
    const [ike] = before.ikeSas;
    const flood = pings('left', from, to, 60, 0.05);
    await sleep(500);
    if (child) await left!.call('sa.rekey', { sa: child.id });
    result.childRekeyed = await until(8000, async () =>
      (await left!.sas()).childSas.some(({ id }) => id !== child?.id),
    );
    if (test.version === 2 && ike) {
      await left!.call('sa.rekey', { sa: ike.id });
      result.ikeRekeyed = await until(8000, async () => (await left!.sas()).ikeSas.some(({ id }) => id !== ike.id));
    }
    result.received = await flood.received;
    if (test.nat) result.followed = await moveNat(ends, from, to, right);
  }
  result.state = run(['ip', '-n', 'left', 'xfrm', 'state']).text.replace(/0x[0-9a-f]{16,}/g, '[key]');
  result.seen = await watched.stop();
}

/** The NAT forgets the flow and gives it other ports; left sends first, and then right must find it. */
async function moveNat(ends: Ends, from: string, to: string, right: Daemon | undefined): Promise<boolean> {
  const portsOf = () =>
    run(['ip', '-n', 'right', 'xfrm', 'state'])
      .text.match(/encap type espinudp .*/g)
      ?.join() ?? '';
  const before = portsOf();
  natPorts(ends, '20000-20100');
  // Longer than the NAT remembers a flow.
  await sleep(3500);
  ping('left', from, to);
  const isFollowed = await until(8000, () => ping('right', to, from));
  return isFollowed && /dport 20\d{3}/.test(portsOf()) && portsOf() !== before && right !== undefined;
}

const [program = '', file = ''] = process.argv.slice(2);
for (const test of JSON.parse(readFileSync(file, 'utf8')) as readonly IkeCase[]) {
  process.stdout.write(`${JSON.stringify(await play(program, test))}\n`);
}
process.exit(0);
